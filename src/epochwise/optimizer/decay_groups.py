"""Which parameters weight decay acts on."""

from typing import Any

from torch import nn


def decay_groups(network: nn.Module) -> list[dict[str, Any]]:
    """Split the parameters of a network into two named groups, of which only the first is decayed.

    Biases and the scales of norms (whatever has fewer than two axes) are never decayed, nor what the network itself
    exempts by ``no_weight_decay()``, as timm's transformers do for their position embeddings.

    Args:
        network: any module. All its parameters are taken, frozen ones too, so that a later unfreeze finds them here.

    Returns:
        Groups for a torch optimizer, named ``decay`` and ``no_decay``; a group without parameters is left out. The
        rate of ``decay`` is the optimizer's own ``weight_decay``.

    Source:
        Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.3; Loshchilov & Hutter 2019,
        https://arxiv.org/abs/1711.05101.
    """
    exempts: Any = getattr(network, "no_weight_decay", set)
    exempt = set(exempts())
    decay: list[nn.Parameter] = []
    no_decay: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        (no_decay if parameter.ndim < 2 or name in exempt else decay).append(parameter)
    groups: list[dict[str, Any]] = [
        {"name": "decay", "params": decay},
        {"name": "no_decay", "params": no_decay, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
