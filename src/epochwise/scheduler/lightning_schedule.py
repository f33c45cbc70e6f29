"""A schedule, with when to step it."""

import inspect
import sys
from collections.abc import Callable
from math import ceil
from typing import Any

import lightning as L
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from epochwise.optimizer.scaled_rates import scaled_peaks


def lightning_schedule(
    make: Callable[..., Any], optimizer: Optimizer, trainer: L.Trainer, monitor: str
) -> dict[str, Any]:
    """Make a schedule and say when to step it, as Lightning wants it.

    Args:
        make: of the optimizer, and of ``steps_per_epoch`` where it takes that; then it is stepped every optimizer step.
        optimizer: whose rates it sets.
        trainer: knows the steps of an epoch.
        monitor: what ReduceLROnPlateau follows; the task steps it after each validation.
    """
    given: dict[str, Any] = {}
    # A functools.partial's signature is that of what it wraps.
    if "steps_per_epoch" in inspect.signature(make).parameters:
        assert trainer.estimated_stepping_batches > 0  # it also makes the next number known
        given["steps_per_epoch"] = ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
    schedule = {
        "scheduler": make(optimizer, **given, **scaled_peaks(make, optimizer)),
        "interval": "step" if given else "epoch",
    }
    if isinstance(schedule["scheduler"], ReduceLROnPlateau):
        # Lightning would step it after the epoch's checkpoint was written: a resumed run would have lost that step.
        schedule |= {"monitor": monitor, "frequency": sys.maxsize}
    return schedule
