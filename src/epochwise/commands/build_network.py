"""The network of a run, and the weights that it begins with."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import torchvision
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError
from omegaconf import DictConfig, OmegaConf
from torch import nn

from epochwise.commands.build import build
from epochwise.input_error import InputError, existing_path
from epochwise.model.load_weights import load_weights
from epochwise.run.pretrained_weights import bounded_downloads, bounded_hub, read_pretrained
from epochwise.source.signature import signature

#: What needs no network.
LOCAL_WEIGHTS = "model.pretrained=RUN_FOLDER or FILE (a state dict)"


#: The plan that adds to the network, and so stands in every checkpoint of its runs.
LORA = "epochwise.finetune.lora.Lora"


def build_network(
    config: DictConfig, class_names: list[str], resumed: bool, learned: Mapping[str, Any] | None = None
) -> tuple[nn.Module, list[str]]:
    """Build the network; ``model.pretrained`` is for any class, and the class itself sees it only as true or false.

    With ``finetune=lora`` it has its adapters, beside layers that have their weights already.

    Args:
        config: with its spec. A folder of runs becomes the one that was taken, so that ``config.yaml`` says which.
        class_names: of the data, in their order; where they are those of the weights, the head is taken over too.
        resumed: the weights are those of a checkpoint that is loaded later; none are looked for.
        learned: what the data module learned: weights that knew other tokens are not for it.

    Returns:
        The network, and lines that say what it begins with.

    Raises:
        InputError: the class refuses its settings, there are no such weights, or they do not fit.
    """
    network, lines = _with_weights(config, class_names, resumed, learned)
    if (config.get("finetune") or {}).get("_target_") == LORA:
        lines = [*lines, *build(config, "finetune").adapt(network)]
    return network, lines


def _with_weights(
    config: DictConfig, class_names: list[str], resumed: bool, learned: Mapping[str, Any] | None
) -> tuple[nn.Module, list[str]]:
    pretrained = config.model.get("pretrained")
    wanted = signature(config.model["_target_"])
    parameters = wanted.parameters if wanted is not None else {}
    passed = OmegaConf.create({"model": {k: v for k, v in config.model.items() if k != "pretrained"}})
    if "pretrained" in parameters:  # timm's, which then loads them itself
        passed.model.pretrained = pretrained is True and not resumed
    elif "encoder_weights" in parameters:  # segmentation-models', likewise, where nothing said means ImageNet's
        published = True if str(passed.model.get("encoder_name")).startswith("tu-") else "imagenet"
        named = passed.model.get("encoder_weights") or (published if pretrained is True else None)
        passed.model.encoder_weights = None if resumed else named
    network = _built(passed)
    if (kept := getattr(network, "kept_config", None)) is not None and not resumed:
        config.model.config = kept  # transformers', complete: the folder it was read from is not needed again
    loads_itself = pretrained is True and bool({"pretrained", "encoder_weights"} & parameters.keys())
    if not pretrained or resumed or loads_itself:
        return network, list(getattr(network, "loaded", []))
    if pretrained is True:
        name = getattr(network, "published", None) or config.model.get("name")
        return network, load_weights(network, _published(str(name)), f"torchvision's {name}", None)
    found = read_pretrained(pretrained)
    tokens, theirs = ((kept or {}).get("tokens") for kept in (learned, found.learned))
    if tokens and theirs and tokens != theirs:
        of_run = pretrained if Path(pretrained).is_dir() else found.path.parent.parent
        raise InputError(
            f"model.pretrained: {found.path} learned from other tokens than this data has; "
            f"take those: data.tokenizer={of_run}"
        )
    same = None if found.class_names is None else found.class_names == class_names
    lines = load_weights(network, found.weights, str(found.path), same)
    config.model.pretrained = str(found.path)
    return network, lines


def _built(config: DictConfig) -> nn.Module:
    """The network of a config; that its library cannot get the weights it is asked for is one line."""
    node = config.model
    names = (node.get(key) for key in ("model_name", "name", "encoder_name"))
    name = next(filter(None, names), node["_target_"].rpartition(".")[2])
    from_timm = node["_target_"].startswith("timm.") and (node.get("pretrained") or "hub:" in name)
    if from_timm and (file := (node.get("pretrained_cfg_overlay") or {}).get("file")):
        existing_path(file, "model.pretrained_cfg_overlay.file")
    from_hub = from_timm or node.get("encoder_weights") or _asks_transformers(node)
    try:
        with bounded_downloads(), bounded_hub() if from_hub else nullcontext():
            network: nn.Module = build(config, "model")
    except InputError as error:
        if node.get("weights"):  # torchvision's own argument, which wants the classes of the weights
            raise InputError(f"{error}; model.pretrained=true takes weights for any classes") from error
        raise
    except Exception as error:  # a file that holds no weights fails in any way
        if not (from_hub or node.get("weights") or isinstance(error, OSError)):
            raise
        if isinstance(error, LocalEntryNotFoundError):
            of_timm = "model.pretrained_cfg_overlay.file=FILE, " if from_timm else ""
            raise InputError(
                f"model.pretrained: {name} is not in Hugging Face's cache, {constants.HF_HUB_CACHE}, and "
                f"{constants.ENDPOINT} does not answer; without a network: {LOCAL_WEIGHTS}, {of_timm}"
                "or HF_HOME=FOLDER with a cache from elsewhere"
            ) from error
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"model: {name} does not get its weights ({reason}); allowed: {LOCAL_WEIGHTS}") from error
    return network


def _asks_transformers(node: DictConfig) -> bool:
    """Whether a model of transformers is read by a name that is no folder."""
    if not node["_target_"].startswith("epochwise.model.transformers.") or not node.get("name"):
        return False
    complete = "model_type" in (node.get("config") or {}) and not node.get("pretrained")
    return not complete and not Path(node.name).expanduser().is_dir()


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
        with bounded_downloads():
            return dict(weights.get_state_dict(progress=False, weights_only=True))
    except OSError as error:
        cache = Path(torch.hub.get_dir()) / "checkpoints"
        raise InputError(
            f"model.pretrained: {weights.url} cannot be downloaded ({error}); without a network: {LOCAL_WEIGHTS}, "
            f"or that file in {cache}"
        ) from error
