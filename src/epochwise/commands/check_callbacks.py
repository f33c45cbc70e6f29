"""Check callbacks against what a run has, and a plan against what it was."""

import os
from collections.abc import Mapping
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import (
    BaseFinetuning,
    BatchSizeFinder,
    GradientAccumulationScheduler,
    LearningRateFinder,
    ModelCheckpoint,
    ModelPruning,
    StochasticWeightAveraging,
    WeightAveraging,
)

from epochwise.input_error import InputError

#: Callbacks that change what plan and schedule were drawn for -> what it is, and what to do instead.
CHANGING = {
    BatchSizeFinder: ("data.batch_size", "ask for one first by find=batch_size"),
    LearningRateFinder: ("optimizer.lr", "ask for one first by find=lr"),
    GradientAccumulationScheduler: ("the optimizer steps of an epoch", "set trainer.accumulate_grad_batches"),
}


def check_plan_is_kept(callbacks: Mapping[str, L.Callback]) -> None:
    """Refuse callbacks, by name, that change a setting after plan and schedule have been drawn for it.

    Raises:
        InputError: naming each, and what does the same before the run.
    """
    faults = [
        f"callbacks.{name}: {type(callback).__name__} changes {what} under the plan and the schedule; drop it and "
        f"{instead}"
        for name, callback in callbacks.items()
        for changing, (what, instead) in CHANGING.items()
        if isinstance(callback, changing)
    ]
    if faults:
        raise InputError(*faults)


class SamePlan(L.Callback):
    """End a run with a line where a callback of one's own has changed what its plan and schedule were drawn for."""

    def __init__(self) -> None:
        self.planned: dict[str, Any] = {}

    def begin(self, trainer: L.Trainer, data: L.LightningDataModule) -> None:
        """Take the settings as they are now for those of the plan."""
        self.planned = self._settings(trainer, data)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        data: Any = trainer.datamodule  # type: ignore[attr-defined]  # set on the instance
        for key, value in self._settings(trainer, data).items():
            if (planned := self.planned.get(key, value)) != value:
                raise InputError(
                    f"{key}: became {value} by epoch {trainer.current_epoch}, and plan and schedule were drawn for "
                    f"{planned}; leave it to the command line: {key}={value}"
                )

    @staticmethod
    def _settings(trainer: L.Trainer, data: Any) -> dict[str, Any]:
        accumulated, size = trainer.accumulate_grad_batches, getattr(data, "batch_size", None)
        return {
            "trainer.max_epochs": trainer.max_epochs,
            "trainer.accumulate_grad_batches": accumulated,
            "data.batch_size": size,
        }


#: Callbacks of Lightning that keep other weights than were scored, or train others than they say -> what to use.
REFUSED = {
    ModelPruning: "prunes between a validation and its checkpoint, so what is kept was never scored; prune a trained "
    "network by torch.nn.utils.prune and train that on: model.pretrained=FILE",
    StochasticWeightAveraging: "averages weights that are never scored, over one epoch more than trainer.max_epochs; "
    "use +callbacks=ema callbacks.ema.update_starting_at_epoch=EPOCH",
    BaseFinetuning: "unfreezes layers that processes do not share from then on, nor a run that goes on; "
    "use finetune=plan",
}


def check_callbacks(callbacks: Mapping[str, L.Callback], trainer: L.Trainer) -> None:
    """Refuse callbacks that would keep other weights than were scored, before the first step.

    What can only be seen while it happens is ``run.scored_weights``'s.

    Args:
        callbacks: by their name in the config.
        trainer: that they will be called by.

    Raises:
        InputError: one changes the weights between a validation and its checkpoint; one name is given to several
            checkpoints, by one callback or by two; weights would be kept under the score of others.
    """
    lines = []
    for name, callback in callbacks.items():
        key = f"callbacks.{name}"
        lines += [
            f"{key}: {type(callback).__name__} {why}" for kind, why in REFUSED.items() if isinstance(callback, kind)
        ]
        if isinstance(callback, ModelCheckpoint):
            lines += _names(key, callback) + _times(key, callback, trainer)
            for other_name, other in callbacks.items():
                lines += _beside(key, callback, f"callbacks.{other_name}", other)
    averages = {name: one for name, one in callbacks.items() if isinstance(one, WeightAveraging)}
    for name in list(averages)[1:]:
        lines.append(f"callbacks.{name}: {next(iter(averages))} averages the weights already; drop one of both")
    if lines:
        raise InputError(*lines)


def long_memories(nodes: Mapping[str, Any], num_steps: int) -> list[str]:
    """A line for each average of weights that remembers more steps than a run has: it stays near the first ones.

    Args:
        nodes: of the config, by name.
        num_steps: optimizer steps of the run.
    """
    decays = {name: node["decay"] for name, node in nodes.items() if isinstance(node.get("decay"), float)}
    return [
        f"callbacks.{name}.decay={decay} remembers about {1 / (1 - decay):,.0f} steps and the run has {num_steps:,}: "
        f"its average stays near the first weights; {1 - 10 / num_steps:.2g} remembers a tenth of them"
        for name, decay in decays.items()
        if num_steps >= 20 and 1 / (1 - decay) > num_steps
    ]


def _names(key: str, one: ModelCheckpoint) -> list[str]:
    several = one.save_top_k not in (0, 1) and (_is_best(one) or not one._enable_version_counter)
    if not (several and one.filename and "{" not in one.filename):
        return []
    said = f"got {one.filename!r}, one name for all that save_top_k={one.save_top_k} keeps"
    return [f"{key}.filename: {said}; allowed: one with {{epoch}} or {{step}} in it, or save_top_k=1"]


def _times(key: str, one: ModelCheckpoint, trainer: L.Trainer) -> list[str]:
    if one.monitor is None:
        return []
    told = "keeps weights under the score that others had at the validation before; allowed: every_n_epochs"
    lines = [f"{key}.every_n_train_steps: {told}"] if one._every_n_train_steps else []
    lines += [f"{key}.train_time_interval: {told}"] if one._train_time_interval else []
    at_each_end = trainer.check_val_every_n_epoch == 1 and trainer.val_check_interval == 1.0
    if one._save_on_train_epoch_end and one.monitor.startswith("val/") and not at_each_end:
        lines.append(f"{key}.save_on_train_epoch_end: got True, but epochs do not end with a validation; allowed: null")
    return lines


def _beside(key: str, one: ModelCheckpoint, other_key: str, other: Any) -> list[str]:
    """Faults of a checkpoint callback beside another callback."""
    if isinstance(other, WeightAveraging) and one.save_weights_only:
        return [f"{key}.save_weights_only: got True, which leaves the average of {other_key} out; drop one of both"]
    last = getattr(other, "path", None)
    if one.save_last and last is not None and _folder(one) == os.path.realpath(last.parent):
        return [f"{key}.save_last: got {one.save_last!r}, but {other_key} keeps last.ckpt already; drop one of both"]
    if not isinstance(other, ModelCheckpoint) or other_key >= key:
        return []
    if one.state_key == other.state_key:
        return [f"{key}: keeps by the same score as {other_key} at the same times; set {other_key}.save_top_k"]
    if _folder(one) == _folder(other) and _file(one) == _file(other) and not one._enable_version_counter:
        return [f"{key}.filename: {other_key} keeps {_file(one)}.ckpt already; choose another name"]
    return []


def _is_best(callback: ModelCheckpoint) -> bool:
    return hasattr(callback, "best_path")


def _folder(callback: ModelCheckpoint) -> str | None:
    return None if callback.dirpath is None else str(callback.dirpath)


def _file(callback: ModelCheckpoint) -> str | None:
    return "best" if _is_best(callback) else callback.filename
