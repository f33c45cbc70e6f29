"""A learning rate for each group, from one base rate."""

import inspect
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer


def scale_rates(optimizer: Optimizer) -> None:
    """Multiply the rate of each group that has an ``lr_scale`` by it, before a schedule is made of them."""
    for group in optimizer.param_groups:
        group["lr"] = group["lr"] * group.get("lr_scale", 1.0)


def scaled_peaks(make_scheduler: Callable[..., Any], optimizer: Optimizer) -> dict[str, Any]:
    """The rates that a schedule sets itself, such as ``OneCycleLR``'s ``max_lr``, scaled for each group.

    Args:
        make_scheduler: a ``functools.partial``, or the class.
        optimizer: its groups have an ``lr_scale`` each, or none.

    Returns:
        Arguments to make the schedule with, in place of its own; none where all groups share one rate, or where the
        schedule goes by the groups' rates as they are.
    """
    scales = [group.get("lr_scale", 1.0) for group in optimizer.param_groups]
    if set(scales) == {1.0}:
        return {}
    own = {
        name: parameter.default
        for name, parameter in inspect.signature(make_scheduler).parameters.items()
        if name in ("max_lr", "base_lr", "min_lr") and isinstance(parameter.default, (int, float))
    }
    return {name: [rate * scale for scale in scales] for name, rate in own.items()}
