"""Frozen parameters and layers."""

from collections.abc import Set

from torch import nn


def freeze(network: nn.Module, trainable: Set[str]) -> None:
    """Let some parameters of a network train and no others.

    A frozen one loses its gradient, so optimizers pass it over: neither weight decay nor momentum moves it.

    Args:
        network: any module.
        trainable: names of parameters.
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in trainable)
        if name not in trainable:
            parameter.grad = None


def frozen_modules(network: nn.Module) -> list[nn.Module]:
    """The layers that are frozen as a whole.

    A layer with parameters is frozen when none of them trains, those of its own children included. One without, such as
    dropout, goes with what it is a part of.

    Returns:
        Those of which ``training`` is to be False: a frozen BatchNorm then keeps its statistics and normalises by them.
    """
    found: list[nn.Module] = []

    def look_at(module: nn.Module, frozen: bool) -> None:
        parameters = list(module.parameters())
        if parameters:
            frozen = not any(parameter.requires_grad for parameter in parameters)
        if frozen:
            found.append(module)
        for child in module.children():
            look_at(child, frozen)

    look_at(network, frozen=False)
    return found
