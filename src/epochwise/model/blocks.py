"""The blocks of a network: what is brought together, or computed again, as one."""

from collections.abc import Iterator

from torch import nn

LISTS = (nn.ModuleList, nn.Sequential)


def blocks(network: nn.Module) -> list[nn.Module]:
    """Cut a network into the modules of which one is held whole while it computes.

    A network may name their classes itself, in ``_no_split_modules``, as those of transformers do. Any other one has a
    block for each of its children; lists of layers, and what holds a list of layers that are made of parts, are
    entered. So the blocks of a transformer are its layers, those of a ResNet its residual blocks, those of a plain
    stack its layers.

    Args:
        network: any module. Of a block ``forward`` alone is called, and it reads no weights but its own.

    Returns:
        In the order in which they were registered; none within another. What has nothing but norms and biases is no
        block, nor what shares a parameter with the rest of the network: they belong to the network itself.
    """
    owners: dict[int, int] = {}
    for _, parameter in network.named_parameters(remove_duplicate=False):
        owners[id(parameter)] = owners.get(id(parameter), 0) + 1
    named = {name for one in network.modules() for name in getattr(one, "_no_split_modules", None) or ()}
    found = [one for one in network.modules() if type(one).__name__ in named]
    inside = {id(part) for one in found for part in list(one.modules())[1:]}
    found = [one for one in found if id(one) not in inside]
    return [one for one in found or _cut(network) if _stands_alone(one, owners)]


def _cut(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if isinstance(child, LISTS) or any(map(_holds_layers, child.modules())):
            yield from _cut(child)
        else:
            yield child


def _holds_layers(module: nn.Module) -> bool:
    """Whether it is a list of several layers that are made of parts, not one of a few plain layers."""
    return isinstance(module, LISTS) and sum(_has_parts(entry) for entry in module) > 1


def _has_parts(module: nn.Module) -> bool:
    return any(any(True for _ in child.parameters()) for child in module.children())


def _stands_alone(module: nn.Module, owners: dict[int, int]) -> bool:
    weights = [parameter for _, parameter in module.named_parameters(remove_duplicate=False)]
    ours = [id(weight) for weight in weights]
    return any(weight.ndim > 1 for weight in weights) and all(ours.count(each) == owners[each] for each in set(ours))
