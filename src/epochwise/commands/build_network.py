"""The network of a run, with weights from elsewhere where it asks for them."""

from typing import Any

import torchvision
from omegaconf import DictConfig, OmegaConf
from torch import nn

from epochwise.commands.build import build
from epochwise.config.signature import signature
from epochwise.input_error import InputError
from epochwise.model.load_weights import load_weights
from epochwise.run.pretrained_weights import read_pretrained


def build_network(config: DictConfig, class_names: list[str], resumed: bool) -> tuple[nn.Module, list[str]]:
    """Build the network; ``model.pretrained`` is for any class, and the class itself sees it only as true or false.

    Args:
        config: with its spec. A folder of runs becomes the one that was taken, so that ``config.yaml`` says which.
        class_names: of the data, in their order; where they are those of the weights, the head is taken over too.
        resumed: the weights are those of a checkpoint that is loaded later; none are looked for.

    Returns:
        The network, and lines that say what it begins with.

    Raises:
        InputError: the class refuses its settings, there are no such weights, or they do not fit.
    """
    pretrained = config.model.get("pretrained")
    wanted = signature(config.model["_target_"])
    knows = wanted is not None and "pretrained" in wanted.parameters  # timm's, which then loads them itself
    passed = OmegaConf.create({"model": {k: v for k, v in config.model.items() if k != "pretrained"}})
    if knows:
        passed.model.pretrained = pretrained is True and not resumed
    network = build(passed, "model")
    if not pretrained or resumed or (knows and pretrained is True):
        return network, []
    if pretrained is True:
        name = getattr(network, "published", None) or config.model.get("name")
        return network, load_weights(network, _published(str(name)), f"torchvision's {name}", None)
    found = read_pretrained(pretrained)
    same = None if found.class_names is None else found.class_names == class_names
    lines = load_weights(network, found.weights, str(found.path), same)
    config.model.pretrained = str(found.path)
    return network, lines


def _published(name: str) -> dict[str, Any]:
    """Downloaded where they are not in torch's cache."""
    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT
    except (ValueError, KeyError):
        raise InputError(
            "model.pretrained: got True, but nobody publishes weights of this network; allowed: false, a run folder, "
            "a folder of runs, a file"
        ) from None
    try:
        return dict(weights.get_state_dict(progress=False, weights_only=True))
    except OSError as error:
        raise InputError(f"model.pretrained: {weights.url} cannot be downloaded: {error}") from error
