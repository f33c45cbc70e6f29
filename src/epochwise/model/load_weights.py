"""Weights brought into a network."""

from collections.abc import Mapping

from torch import Tensor, nn

from epochwise.input_error import InputError
from epochwise.model.stages import stages

PREFIXES = ("", "network.", "model.", "module.", "backbone.", "_orig_mod.")  # what wrappers put before a name
ENCODERS = ("", "encoder.", "encoder.model.")  # where segmentation-models has the layers of a classifier
MOST_NAMED = 5


def load_weights(
    network: nn.Module, weights: Mapping[str, Tensor], source: str, same_classes: bool | None
) -> list[str]:
    """Put weights into a network. Its input layer takes over those of other channels, its output may stay its own.

    A network with an encoder also takes the weights of a classifier of the same kind. Those of the input layer are
    summed over the channels they were made for and shared out over the network's, so that a grey picture gives what it
    gave as a coloured one. What adapters have learned (``finetune=lora``) is added to their layers.

    Args:
        network: with weights of its own; what is not found stays as it is.
        weights: name -> tensor, perhaps with a wrapper's prefix before all names.
        source: where they are from, for messages.
        same_classes: whether they were made for the same classes in the same order; ``None``: not known, so their
            number decides. Where they differ the output layer stays the network's own.

    Returns:
        Lines that say what was taken, what stayed, which names are missing and which were not expected.

    Raises:
        InputError: a line for each tensor whose shape does not fit; or no name is known at all.
    """
    own = network.state_dict()
    pairs = [(theirs, ours) for ours in ENCODERS for theirs in PREFIXES]
    prefix, inner = max(pairs, key=lambda pair: sum(_renamed(name, *pair) in own for name in weights))
    given = {_renamed(name, prefix, inner): weight for name, weight in weights.items() if name.startswith(prefix)}
    given = _merged(network, given)
    if not own.keys() & given.keys():
        raise InputError(f"model.pretrained: {source} has none of the network's weights; {_listed(weights)}")
    output, first = _output_layer(network), next((name for name in own if own[name].ndim == 4), None)
    taken: dict[str, Tensor] = {}
    stayed: list[str] = []
    misfits: list[str] = []
    adapted = ""
    for name in (name for name in own if name in given):
        theirs, ours = given[name], own[name]
        if name in output and (same_classes is False or theirs.shape != ours.shape):
            stayed.append(name)
        elif theirs.shape == ours.shape:
            taken[name] = theirs
        elif name == first and theirs.ndim == 4 and theirs[:, 0].shape == ours[:, 0].shape:
            taken[name] = theirs.sum(1, keepdim=True).expand_as(ours) / ours.shape[1]
            adapted = f"{theirs.shape[1]} input channels became {ours.shape[1]}"
        else:
            misfits.append(f"{name} has the shape {tuple(theirs.shape)} there and {tuple(ours.shape)} here")
    if misfits:
        raise InputError(*(f"model.pretrained: {source}: {line}" for line in misfits[:MOST_NAMED]))
    network.load_state_dict(taken, strict=False)
    lines = [f"{len(taken)} of {len(own)} tensors from {source}", adapted]
    lines.append(f"the head is new, its classes differ: {_listed(stayed)}" if stayed else "")
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    lines += [f"missing there: {_listed(missing)}"] * bool(missing)
    lines += [f"not known here: {_listed(unexpected)}"] * bool(unexpected)
    return [line for line in lines if line]


def _renamed(name: str, prefix: str, inner: str) -> str:
    """A name without a wrapper's prefix, as one of an encoder; empty where it has not that prefix."""
    return f"{inner}{name.removeprefix(prefix)}" if name.startswith(prefix) else ""


def _merged(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of adapted layers as those of plain ones: what an adapter adds, B times A, is a part of its layer."""
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        layer, _, last = name.partition(".base_layer.")
        if not last:
            found |= {} if ".lora_" in name else {name: weight}
            continue
        down, up = (weights.get(f"{layer}.lora_{part}.default.weight") for part in "AB")
        if last == "weight" and down is not None and up is not None:
            added = (up.flatten(1).double() @ down.flatten(1).double()).to(weight.dtype)
            turned = type(_module(network, layer)).__name__ == "Conv1D"  # transformers' of GPT-2 holds (in, out)
            weight = weight + (added.T if turned else added.view_as(weight))
        found[f"{layer}.{last}"] = weight
    return found


def _module(network: nn.Module, name: str) -> nn.Module | None:
    return dict(network.named_modules()).get(name)


def _output_layer(network: nn.Module) -> set[str]:
    """The head's parameters that have a row for each output."""
    parameters = dict(network.named_parameters())
    head = list(stages(network).values())[-1]
    return {name for name in head if len(parameters[name]) == len(parameters[head[-1]])}


def _listed(names: Mapping[str, Tensor] | list[str]) -> str:
    several = list(names)
    more = f" and {len(several) - MOST_NAMED} more" if len(several) > MOST_NAMED else ""
    return ", ".join(several[:MOST_NAMED]) + more
