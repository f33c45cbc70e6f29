"""The stages of a network, from its input to its head."""

from typing import Any

from timm.models import group_parameters
from torch import nn


def stages(network: nn.Module) -> dict[str, list[str]]:
    """Cut a network into the stages that are frozen, unfrozen and given their rates as one.

    A network of timm says them itself (``group_matcher``, one's own may have one too). Any other one has a stage for
    each of its children, in the order in which they were registered; a child that is a norm joins the stage before it,
    and a network that only wraps another is entered.

    Args:
        network: any module with parameters.

    Returns:
        Name -> the names of its parameters, from the input to the head, which is the last one. Each parameter stands
        in one stage. A stage is called by where it is, ``layer4`` or ``blocks.11``; a first one that is made of several
        children is the ``stem``.
    """
    matcher: Any = getattr(network, "group_matcher", None)
    cut = list(group_parameters(network, matcher(coarse=True)).values()) if callable(matcher) else _children(network)
    firsts = [names[0].split(".") for names in cut]
    called = [_called(path, firsts[:index] + firsts[index + 1 :]) for index, path in enumerate(firsts)]
    if len({_top(name) for name in cut[0]}) > 1:
        called[0] = "stem"
    return dict(zip(called, cut, strict=True))


def _children(network: nn.Module) -> list[list[str]]:
    parameters = dict(network.named_parameters())
    prefix = ""
    while True:
        inside = list(dict.fromkeys(_top(name.removeprefix(prefix)) for name in parameters))
        wraps = len(inside) == 1 and f"{prefix}{inside[0]}" not in parameters
        if not wraps:
            break
        prefix += f"{inside[0]}."
    cut: list[list[str]] = []
    loose = [name for name in parameters if "." not in name.removeprefix(prefix)]
    for child in inside:
        names = [name for name in parameters if name.startswith(f"{prefix}{child}.")]
        if cut and all(parameters[name].ndim < 2 for name in names):
            cut[-1] += names
        elif names:
            cut.append(names)
    # What belongs to no child, such as a position embedding, is taken in at the input.
    return [loose + cut[0], *cut[1:]] if cut else [loose]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _called(path: list[str], others: list[list[str]]) -> str:
    """The start of a path that is that of no other stage."""
    length = 1
    while length < len(path) and any(path[:length] == other[:length] for other in others):
        length += 1
    return ".".join(path[:length])
