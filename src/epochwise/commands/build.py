"""The parts of a run: built from its config, and whether they fit each other."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import torchvision
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf
from torch import nn

from epochwise.data.spec import Spec
from epochwise.input_error import InputError, existing_path
from epochwise.model.stages import load_weights
from epochwise.run.pretrained_weights import bounded_downloads, bounded_hub, read_pretrained
from epochwise.source.signature import signature


def build(config: DictConfig, key: str, **given: Any) -> Any:
    """Make the object of a node.

    Args:
        config: the whole config.
        key: where the node stands, such as ``model`` or ``callbacks.ema``; an error names it.
        **given: further arguments, which the program knows and the config does not.

    Returns:
        What the node's ``_target_`` makes, of plain lists and dicts; a ``functools.partial`` where it says
        ``_partial_``.

    Raises:
        InputError: the class refuses a value (ValueError), Lightning refuses the combination of settings, or a package
            is missing. Any other exception is a fault in the code and passes as it is.
    """
    node: Any = OmegaConf.select(config, key)
    try:
        # Always in part at first: Hydra would copy what is given into a config.
        make = instantiate(node, _convert_="all", _partial_=True)
        return make if node.get("_partial_") else make(**given)
    except Exception as error:
        cause: BaseException = error
        while isinstance(cause, (InstantiationException, ImportError)) and cause.__cause__ is not None:
            cause = cause.__cause__  # Hydra wraps what it meets
        if isinstance(cause, ModuleNotFoundError):
            # Libraries that ask for a package in words of their own name none.
            said = f"needs the package {cause.name!r}, which is not installed" if cause.name else f"refused: {cause}"
            cause = ValueError(f"{node['_target_']} {said}")
        if isinstance(cause, RuntimeError) and str(cause).startswith("Unknown model"):  # timm's word for it
            name = str(node.get("model_name"))
            cause = ValueError(f"timm has no model {name!r}{InputError.closest(name, _models_of_timm())}")
        if isinstance(cause, (ValueError, MisconfigurationException, InstantiationException)):
            raise InputError(f"{key}: {' '.join(str(cause).split())}") from error
        raise cause from None


def _models_of_timm() -> list[str]:
    import timm  # where the name of one was wrong, it has been imported already

    return list(timm.list_models())


#: What needs no network.
LOCAL_WEIGHTS = "model.pretrained=RUN_FOLDER or FILE (a state dict)"


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
    network = _built(passed)
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


def _built(config: DictConfig) -> nn.Module:
    """The network of a config; that its library cannot get the weights it is asked for is one line."""
    node = config.model
    name = node.get("model_name") or node.get("name") or node["_target_"].rpartition(".")[2]
    from_timm = node["_target_"].startswith("timm.") and (node.get("pretrained") or "hub:" in name)
    if from_timm and (file := (node.get("pretrained_cfg_overlay") or {}).get("file")):
        existing_path(file, "model.pretrained_cfg_overlay.file")
    try:
        with bounded_downloads(), bounded_hub() if from_timm else nullcontext():
            network: nn.Module = build(config, "model")
    except InputError as error:
        if node.get("weights"):  # torchvision's own argument, which wants the classes of the weights
            raise InputError(f"{error}; model.pretrained=true takes weights for any classes") from error
        raise
    except Exception as error:  # a file that holds no weights fails in any way
        if not (from_timm or node.get("weights") or isinstance(error, OSError)):
            raise
        if isinstance(error, LocalEntryNotFoundError):
            raise InputError(
                f"model.pretrained: {name} is not in Hugging Face's cache, {constants.HF_HUB_CACHE}, and "
                f"{constants.ENDPOINT} does not answer; without a network: {LOCAL_WEIGHTS}, "
                "model.pretrained_cfg_overlay.file=FILE, or HF_HOME=FOLDER with a cache from elsewhere"
            ) from error
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"model: {name} does not get its weights ({reason}); allowed: {LOCAL_WEIGHTS}") from error
    return network


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


def check_fits(network: nn.Module, spec: Spec, name: str) -> None:
    """Send two samples of zeros through the network, so that what does not fit shows before the first step.

    Args:
        network: in the state it will be trained from; nothing in it changes.
        spec: the shape of a sample and the number of outputs.
        name: what the config calls the network.

    Raises:
        InputError: the network fails on such a batch, or answers with another shape than (2, num_outputs).
    """
    batch = torch.zeros(2, *spec.input_shape)
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            output = network(batch)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"model: {name} does not take a batch of shape {tuple(batch.shape)}: {reason}") from error
    finally:
        network.train(training)
    if tuple(output.shape) != (2, spec.num_outputs):
        raise InputError(
            f"model: {name} answers a batch of 2 with shape {tuple(output.shape)}, allowed: (2, {spec.num_outputs}); "
            "take the number of outputs from ${spec.num_outputs}"
        )


def check_makers(optimizer: Callable[..., Any], scheduler: Callable[..., Any]) -> None:
    """Make an optimizer and a schedule once, so that a value they refuse shows before the first step.

    Raises:
        InputError: one of them raises a ValueError.
    """
    for key, make in (
        ("optimizer", lambda: optimizer([nn.Parameter(torch.zeros(2, 2))])),
        ("scheduler", lambda: make_parts(optimizer, scheduler)),
    ):
        try:
            make()
        except ValueError as error:
            raise InputError(f"{key}: {' '.join(str(error).split())}") from error


def make_parts(optimizer: Callable[..., Any], scheduler: Callable[..., Any]) -> tuple[Any, Any]:
    """An optimizer of a parameter of its own, and its schedule over epochs of ten steps."""
    made = optimizer([nn.Parameter(torch.zeros(2, 2))])
    given = {"steps_per_epoch": 10} if "steps_per_epoch" in inspect.signature(scheduler).parameters else {}
    return made, scheduler(made, **given)
