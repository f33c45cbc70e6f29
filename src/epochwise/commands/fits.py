"""Whether a network takes the data."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from epochwise.data.spec import Spec
from epochwise.input_error import InputError


def check_fits(network: nn.Module, spec: Spec, name: str) -> None:
    """Send two samples of zeros through the network, so that what does not fit shows before the first step.

    Args:
        network: in the state it will be trained from; nothing in it changes.
        spec: the shape of a sample and the number of outputs.
        name: what the config calls the network.

    Raises:
        InputError: the network fails on such a batch, or answers with another shape than (2, num_outputs).
    """
    batch = torch.zeros(2, *spec.input_shape)
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            output = network(batch)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"model: {name} does not take a batch of shape {tuple(batch.shape)}: {reason}") from error
    finally:
        network.train(training)
    if tuple(output.shape) != (2, spec.num_outputs):
        raise InputError(
            f"model: {name} answers a batch of 2 with shape {tuple(output.shape)}, allowed: (2, {spec.num_outputs}); "
            "take the number of outputs from ${spec.num_outputs}"
        )


def check_makers(optimizer: Callable[..., Any], scheduler: Callable[..., Any]) -> None:
    """Make an optimizer and a schedule once, so that a value they refuse shows before the first step.

    Raises:
        InputError: one of them raises a ValueError.
    """
    for key, make in (
        ("optimizer", lambda: optimizer([nn.Parameter(torch.zeros(2, 2))])),
        ("scheduler", lambda: make_parts(optimizer, scheduler)),
    ):
        try:
            make()
        except ValueError as error:
            raise InputError(f"{key}: {' '.join(str(error).split())}") from error


def make_parts(optimizer: Callable[..., Any], scheduler: Callable[..., Any]) -> tuple[Any, Any]:
    """An optimizer of a parameter of its own, and its schedule over epochs of ten steps."""
    made = optimizer([nn.Parameter(torch.zeros(2, 2))])
    given = {"steps_per_epoch": 10} if "steps_per_epoch" in inspect.signature(scheduler).parameters else {}
    return made, scheduler(made, **given)
