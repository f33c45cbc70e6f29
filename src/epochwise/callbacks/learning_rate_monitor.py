"""Which learning rate each step was taken with."""

from typing import Any

import lightning as L
from torch.optim import Optimizer


class LearningRateMonitor(L.Callback):
    """Log the learning rate as ``lr``, or as ``lr/<group>`` where the optimizer's groups differ or are stages.

    What is logged is the rate that the latest optimizer step was taken with: on the step axis that of each step, in an
    epoch's row that of its last one. (Lightning's monitor logs at the start of an epoch, one epoch off against the
    scores of the same row.) The run's ``EpochLog`` asks for it; loggers that know nothing of that one get it by
    Lightning, which takes longer.
    """

    def __init__(self) -> None:
        self.rates_of_step: dict[str, float] = {}
        self.logs = False

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.logs = not all(hasattr(logger, "log_axis") for logger in trainer.loggers)

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        self.rates_of_step = learning_rates(optimizer.param_groups)

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        for name, rate in self.rates_of_step.items() if self.logs else ():
            pl_module.log(name, rate, on_step=True, on_epoch=False)


def learning_rates(groups: list[dict[str, Any]]) -> dict[str, float]:
    """The rates of an optimizer's groups by the name they are logged under: one ``lr`` where all agree.

    Groups that are part of a stage (``finetune``) are logged by it whether they agree or not, with 0 while it is
    frozen.
    """
    named = {f"lr/{group.get('part', group.get('name', index))}": group for index, group in enumerate(groups)}
    rates = {name: float(group["lr"]) * _trains(group) for name, group in named.items()}
    by_stage = any("part" in group for group in groups)
    return {"lr": next(iter(rates.values()))} if len(set(rates.values())) == 1 and not by_stage else rates


def _trains(group: dict[str, Any]) -> bool:
    return "part" not in group or any(parameter.requires_grad for parameter in group["params"])
