"""The parts of a run, built from its config."""

from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf

from epochwise.input_error import InputError


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
        cause = _in_our_words(cause, node) or cause
        if isinstance(cause, (ValueError, MisconfigurationException, InstantiationException)):
            raise InputError(f"{key}: {' '.join(str(cause).split())}") from error
        raise cause from None


def _in_our_words(error: BaseException, node: Any) -> ValueError | None:
    """What a library says of a name that it does not know, or of a device that is not there, and what is allowed."""
    if isinstance(error, MisconfigurationException) and "No supported gpu backend" in str(error):
        return ValueError("got accelerator=gpu, but no GPU is found here; allowed: trainer=cpu, or accelerator=cpu")
    if isinstance(error, RuntimeError) and str(error).startswith("Unknown model"):
        import timm  # has been imported already, as the library below

        name = str(node.get("model_name") or node.get("encoder_name")).removeprefix("tu-")
        return ValueError(f"timm has no model {name!r}{InputError.closest(name, list(timm.list_models()))}")
    if isinstance(error, KeyError) and "Wrong encoder name" in str(error):
        from segmentation_models_pytorch.encoders import encoders

        name = str(node["encoder_name"])
        hint = InputError.closest(name, list(encoders))
        return ValueError(f"segmentation_models_pytorch has no encoder {name!r}; tu-NAME is any of timm's{hint}")
    return None
