"""What is kept is what was scored."""

from collections.abc import Mapping
from typing import Any

import lightning as L
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor

from epochwise.input_error import InputError
from epochwise.model.fingerprint import fingerprint

#: Where a callback could change weights after they were scored and before they are kept.
BETWEEN = ("on_validation_epoch_end", "on_validation_end", "on_train_epoch_end", "on_save_checkpoint")


class ScoredWeights(L.Callback):
    """Refuse a checkpoint behind a validation whose weights are not those that were validated.

    A callback may change weights there, by pruning, clipping or averaging them: the best epoch would then be chosen by
    the scores of weights that exist no more. It must come after all callbacks that a config names, and does not look at
    weights that are spread over processes.

    Raises:
        InputError: at the end of the first epoch, before its checkpoint is written.
    """

    def __init__(self) -> None:
        self.scored: tuple[int, ...] | None = None

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        whole = isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy))
        # Rank 0 alone writes; statistics of the others are made its own in the midst of a validation.
        if whole and trainer.is_global_zero and not trainer.sanity_checking:
            self.scored = fingerprint(_of_network(pl_module, pl_module.state_dict()))

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.scored = None

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        if self.scored is None or self.scored == fingerprint(_of_network(pl_module, checkpoint["state_dict"])):
            return
        callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
        libraries = ("epochwise.", "lightning.")
        others = [one for one in callbacks if not type(one).__module__.startswith(libraries)]
        names = [type(one).__name__ for one in others if any(name in _own_hooks(type(one)) for name in BETWEEN)]
        raise InputError(
            "callbacks: weights were changed between a validation and its checkpoint, by "
            f"{' or '.join(names) or 'one'}: what would be kept was never scored; change them before, in "
            "on_validation_start"
        )


def _own_hooks(kind: type) -> set[str]:
    return {name for base in kind.__mro__ if base is not L.Callback for name in vars(base)}


def _of_network(task: L.LightningModule, state: Mapping[str, Tensor]) -> list[Tensor]:
    """The weights of a task's network, in the order of their names; of a task without one, all parameters."""
    if hasattr(task, "network"):
        return [state[name] for name in sorted(state) if name.startswith("network.")]
    parameters = {name for name, _ in task.named_parameters()}
    return [state[name] for name in sorted(state) if name in parameters]
