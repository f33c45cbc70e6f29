"""What a schedule gives, without training."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from epochwise.optimizer.averaged_weights import averaged_weights


def schedule_rates(
    optimizer: Callable[..., Any], scheduler: Callable[..., Any], max_epochs: int, points_per_epoch: int
) -> tuple[list[float], int]:
    """Run a schedule through over a parameter of its own.

    Args:
        optimizer: makes the optimizer.
        scheduler: makes the schedule.
        max_epochs: how far.
        points_per_epoch: steps of an epoch; a schedule by steps has the same shape over fewer of them.

    Returns:
        The rates of the first group, as far as the schedule goes, and how many of them make an epoch: 1 where it is
        stepped every epoch. No rates where they follow from scores.
    """
    by_step = "steps_per_epoch" in inspect.signature(scheduler).parameters
    points = points_per_epoch if by_step else 1
    made = optimizer([nn.Parameter(torch.zeros(2, 2))])
    averaged_weights([made], score=False)
    schedule = scheduler(made, **({"steps_per_epoch": points} if by_step else {}))
    rates: list[float] = []
    if isinstance(schedule, ReduceLROnPlateau):
        return rates, points
    try:
        for _ in range(points * max_epochs):
            rates.append(made.param_groups[0]["lr"])
            made.step()
            schedule.step()
    except ValueError:  # PyTorch's OneCycleLR tells so that it is over
        pass
    return rates, points
