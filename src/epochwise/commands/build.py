"""From a node of the config to the object that it names."""

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
        if isinstance(cause, RuntimeError) and str(cause).startswith("Unknown model"):  # timm's word for it
            name = str(node.get("model_name"))
            cause = ValueError(f"timm has no model {name!r}{InputError.closest(name, _models_of_timm())}")
        if isinstance(cause, (ValueError, MisconfigurationException, InstantiationException)):
            raise InputError(f"{key}: {' '.join(str(cause).split())}") from error
        raise cause from None


def _models_of_timm() -> list[str]:
    import timm  # where the name of one was wrong, it has been imported already

    return list(timm.list_models())
