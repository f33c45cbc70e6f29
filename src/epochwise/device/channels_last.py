"""Weights of convolutions with their channels last in memory, as tensor cores read them."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import nn
from torch.optim import Optimizer

from epochwise.input_error import InputError

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def lay_channels_last(network: Any, setting: bool | Literal["auto"], device: torch.device, precision: str) -> bool:
    """Lay the weights of a network's 2-d convolutions out channels-last, where that is asked for or pays.

    Pictures need no turn here: a convolution goes by its weights, and hands on what it computes channels-last. Names,
    shapes and values are the same, so checkpoints are too.

    Args:
        network: any module.
        setting: ``auto`` lays them so on a GPU with numbers of 16 bits, which its tensor cores multiply channels-last.
            On a CPU it was measured 1.8 times slower.
        device: on which it trains.
        precision: as Lightning names it.

    Returns:
        Whether they are laid so.

    Raises:
        InputError: it is asked for, and there are no such layers.
    """
    has_some = isinstance(network, nn.Module) and any(isinstance(one, CONVOLUTIONS) for one in network.modules())
    if setting is True and not has_some:
        raise InputError(
            f"channels_last: got true, but {type(network).__name__} has no 2-d convolutions, so it changes nothing; "
            "allowed: auto, false"
        )
    pays = device.type == "cuda" and "16" in precision
    if not has_some or setting is False or (setting == "auto" and not pays):
        return False
    network.to(memory_format=torch.channels_last)
    return True


def match_states(optimizers: Iterable[Optimizer]) -> None:
    """Lay an optimizer's tensors out as the parameters that they belong to.

    Those of a checkpoint have the layout that they were written in. Kernels that update all of a parameter at once
    refuse another one, or pair numbers that do not belong together.

    Args:
        optimizers: with the state that they go on with.
    """
    for optimizer in optimizers:
        for parameter, state in optimizer.state.items():
            for name, value in state.items():
                is_like = isinstance(value, torch.Tensor) and value.shape == parameter.shape
                if is_like and value.stride() != parameter.stride():
                    state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
