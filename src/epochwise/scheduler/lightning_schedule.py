"""A schedule, with when to step it."""

import inspect
from collections.abc import Callable
from math import ceil, isfinite
from typing import Any

import lightning as L
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from epochwise.input_error import InputError
from epochwise.optimizer.scaled_rates import scaled_peaks


def lightning_schedule(
    make: Callable[..., Any], optimizer: Optimizer, trainer: L.Trainer, monitor: str | None = None
) -> dict[str, Any]:
    """Make a schedule and say when to step it, as ``configure_optimizers`` returns it.

    Args:
        make: of the optimizer, and of ``steps_per_epoch`` where it takes that; then it is stepped every optimizer step.
            ``functools.partial(Cosine, max_epochs=20)``, or a class of PyTorch's.
        optimizer: whose rates it sets.
        trainer: knows the steps of an epoch.
        monitor: what ReduceLROnPlateau follows.

    Raises:
        InputError: the schedule goes by the steps of an epoch, and the training data has no length; or it follows a
            score, and none is named.
    """
    given: dict[str, Any] = {}
    # A functools.partial's signature is that of what it wraps.
    if "steps_per_epoch" in inspect.signature(make).parameters:
        assert trainer.estimated_stepping_batches > 0  # it also makes the next number known
        batches = trainer.num_training_batches
        if not isfinite(batches):
            raise InputError(
                f"{_name(make)}: the training data has no length, so an epoch has no number of steps; allowed: "
                f"Trainer(limit_train_batches=N), or {_name(make)}(optimizer, max_epochs=1, steps_per_epoch=max_steps)"
            )
        given["steps_per_epoch"] = ceil(batches / trainer.accumulate_grad_batches)
    schedule = {
        "scheduler": make(optimizer, **given, **scaled_peaks(make, optimizer)),
        "interval": "step" if given else "epoch",
    }
    if isinstance(schedule["scheduler"], ReduceLROnPlateau):
        if monitor is None:
            raise InputError("ReduceLROnPlateau: it follows a score; allowed: monitor=, as the module logs it")
        schedule["monitor"] = monitor
    return schedule


def _name(make: Any) -> str:
    return str(getattr(getattr(make, "func", make), "__name__", make))
