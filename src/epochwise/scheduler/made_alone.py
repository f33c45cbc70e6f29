"""An optimizer and its schedule, made on a parameter of their own where no network is at hand or to be touched."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from epochwise.input_error import InputError


def goes_by_step(make: Callable[..., Any]) -> bool:
    """Whether a schedule is made with ``steps_per_epoch``, and so stepped every optimizer step."""
    # A functools.partial's signature is that of what it wraps.
    return "steps_per_epoch" in inspect.signature(make).parameters


def made_alone(
    optimizer: Callable[..., Any], scheduler: Callable[..., Any], steps_per_epoch: int = 10
) -> tuple[Any, Any]:
    """Make an optimizer of one parameter, (2, 2), and its schedule.

    Args:
        optimizer: makes it of parameters.
        scheduler: makes it of the optimizer, and of ``steps_per_epoch`` where it takes that.
        steps_per_epoch: optimizer steps.
    """
    made = optimizer([nn.Parameter(torch.zeros(2, 2))])
    return made, scheduler(made, **({"steps_per_epoch": steps_per_epoch} if goes_by_step(scheduler) else {}))


def check_made(
    optimizer: Callable[..., Any],
    scheduler: Callable[..., Any],
    optimizer_key: str = "optimizer",
    scheduler_key: str = "scheduler",
) -> None:
    """Make both once, so that what they refuse shows before the first step.

    Args:
        optimizer: makes one of parameters.
        scheduler: makes one of the optimizer.
        optimizer_key: where its settings stand; an error names it.
        scheduler_key: likewise.

    Raises:
        InputError: one of them refuses its settings, or makes something else.
    """
    made = _tried(optimizer_key, lambda: optimizer([nn.Parameter(torch.zeros(2, 2))]))
    if not isinstance(made, Optimizer):
        raise InputError(f"{optimizer_key}: makes a {type(made).__name__}, allowed: what makes an optimizer")
    schedule = _tried(scheduler_key, lambda: made_alone(optimizer, scheduler)[1])
    if not hasattr(schedule, "step"):
        raise InputError(f"{scheduler_key}: makes a {type(schedule).__name__}, allowed: what makes a schedule")


def _tried(key: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, TypeError, InputError) as error:
        raise InputError(f"{key}: {' '.join(str(error).split())}") from error
