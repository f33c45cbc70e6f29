"""The stages of a network, and a fingerprint of its weights."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

#: Bytes of a number -> the integers that have as many.
INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def fingerprint(tensors: Iterable[Tensor]) -> tuple[int, ...]:
    """Two sums of each tensor: of its numbers, and of their bits, of which any that changes is seen.

    It costs two passes over memory, a fraction of what a hash does. Unlike ``Tensor._version`` it also sees what is
    written through ``.data``. Numbers that only change places in a tensor are not seen.

    Args:
        tensors: of any dtype, on any device.
    """
    sums = []
    with torch.no_grad():
        for tensor in tensors:
            real = torch.view_as_real(tensor) if tensor.is_complex() else tensor.detach()
            total = real.sum()
            bits = real.view(INTEGERS[real.element_size()])
            sums += [bits.sum(), total.view(INTEGERS[total.element_size()])]
    return tuple(int(one) for one in sums)


def stages(network: nn.Module) -> dict[str, list[str]]:
    """Cut a network into the stages that are frozen, unfrozen and given their rates as one.

    A network of timm says them itself (``group_matcher``, one's own may have one too). Any other one has a stage for
    each of its children, in the order in which they were registered; a child that is a norm joins the stage before it,
    and a network that only wraps another is entered. So is a trunk, as libraries call it: an ``encoder``
    (segmentation-models), a ``backbone`` (torchvision), none of them a plain ``Sequential``, or what
    ``base_model_prefix`` names (transformers). Each layer of a list in it is a stage, and embeddings of tokens and
    positions side by side are one.

    Args:
        network: any module with parameters.

    Returns:
        Name -> the names of its parameters, from the input to the head, which is the last one. Each parameter stands
        in one stage. A stage is called by where it is, ``layer4`` or ``blocks.11``; a first one that is made of several
        children is the ``stem``.
    """
    matcher: Any = getattr(network, "group_matcher", None)
    if callable(matcher):
        from timm.models import group_parameters  # which only networks that are its own, or ask for it, wait for

        cut = list(group_parameters(network, matcher(coarse=True)).values())
    else:
        cut = _children(network)
    firsts = [names[0].split(".") for names in cut]
    called = [_called(path, firsts[:index] + firsts[index + 1 :]) for index, path in enumerate(firsts)]
    if len({_top(name) for name in cut[0]}) > 1:
        called[0] = "stem"
    return dict(zip(called, cut, strict=True))


TRUNKS = ("encoder", "backbone")


def _children(network: nn.Module) -> list[list[str]]:
    prefix, inner = _unwrapped(network, "")
    parameters = dict(network.named_parameters())
    cut: list[list[str]] = []
    trunks = (*TRUNKS, getattr(inner, "base_model_prefix", None))
    for name, child in inner.named_children():
        trunk = name in trunks and not isinstance(child, nn.Sequential)  # a few layers in a row are no library's trunk
        _cut(f"{prefix}{name}.", child, trunk, False, parameters, cut)
    # What belongs to no child, such as a position embedding, is taken in at the input.
    loose = [name for name in parameters if "." not in name.removeprefix(prefix)]
    return [loose + cut[0], *cut[1:]] if cut else [loose]


def _unwrapped(module: nn.Module, prefix: str) -> tuple[str, nn.Module]:
    """The module that is inside those that hold nothing but one other, and what stands before its parameters' names."""
    while True:
        own = [name for name, _ in module.named_parameters(recurse=False)]
        inside = [(name, child) for name, child in module.named_children() if any(True for _ in child.parameters())]
        if own or len(inside) != 1 or isinstance(module, nn.ModuleList):
            return prefix, module
        prefix, module = f"{prefix}{inside[0][0]}.", inside[0][1]


def _cut(
    prefix: str, module: nn.Module, trunk: bool, joins: bool, parameters: Mapping[str, Tensor], cut: list[list[str]]
) -> None:
    """Add the stages of a module: several where it is a trunk, or holds a list of layers in one; else one.

    Args:
        prefix: what stands before its parameters' names.
        module: a child of the network, or of a trunk.
        trunk: whether it is entered.
        joins: whether it belongs to the stage before it.
        parameters: of the network.
        cut: the stages so far.
    """
    names = [name for name in parameters if name.startswith(prefix)]
    if not trunk:
        if cut and (joins or all(parameters[name].ndim < 2 for name in names)):
            cut[-1] += names
        elif names:
            cut.append(names)
        return
    before = len(cut)
    prefix, module = _unwrapped(module, prefix)
    last: nn.Module | None = None
    for name, child in module.named_children():
        holds_list = any(isinstance(one, nn.ModuleList) for one in child.modules())
        inside = holds_list and not isinstance(module, nn.ModuleList)
        beside = isinstance(child, nn.Embedding) and isinstance(last, nn.Embedding)
        _cut(f"{prefix}{name}.", child, inside, beside, parameters, cut)
        last = child
    if loose := [name for name in names if name.startswith(prefix) and "." not in name.removeprefix(prefix)]:
        cut[before:] = [loose + cut[before], *cut[before + 1 :]] if len(cut) > before else [loose]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _called(path: list[str], others: list[list[str]]) -> str:
    """The start of a path that is that of no other stage."""
    length = 1
    while length < len(path) and any(path[:length] == other[:length] for other in others):
        length += 1
    return ".".join(path[:length])
