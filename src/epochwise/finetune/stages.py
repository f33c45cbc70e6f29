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
        in one stage. A stage is called as what its parameters have in common: ``layer4``, ``blocks.11``.
    """
    matcher: Any = getattr(network, "group_matcher", None)
    cut = list(group_parameters(network, matcher(coarse=True)).values()) if callable(matcher) else _children(network)
    found: dict[str, list[str]] = {}
    for names in cut:
        name = "stem" if not found and len({_top(name) for name in names}) > 1 else _shared(names)
        found[name if name not in found else f"{name}_{len(found)}"] = names
    return found


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


def _shared(names: list[str]) -> str:
    """The path that the parameters have in common which begin as the first one does."""
    paths = [name.split(".")[:-1] for name in names if _top(name) == _top(names[0])]
    shared = 0
    while all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return ".".join(paths[0][:shared]) or names[0]
