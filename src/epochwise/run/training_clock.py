"""The clock of a run that has a bound in time."""

import lightning as L
from lightning.pytorch.callbacks import Timer


def training_clock(trainer: L.Trainer) -> Timer | None:
    """Lightning's Timer, which ``trainer.max_time`` sets going and checkpoints keep; ``None`` without one."""
    callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
    return next((callback for callback in callbacks if isinstance(callback, Timer)), None)
