"""What was planned is what is trained, whichever callbacks there are."""

from collections.abc import Mapping
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import BatchSizeFinder, GradientAccumulationScheduler, LearningRateFinder

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
