"""What is wrong with an override that Hydra would apply, and that would not do what it says."""

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf


def idle_fault(override: Override, config: DictConfig) -> str | None:
    """The line for it, or ``None``.

    Args:
        override: of a key, not of a group's file.
        config: what it is to change.
    """
    key = override.key_or_group
    if key == "run_folder" and key in config and not override.is_delete():
        return "run_folder: follows from hydra.run.dir; set hydra.run.dir=FOLDER"
    if override.value() == {} and isinstance(OmegaConf.select(config, key, throw_on_missing=False), DictConfig):
        return f"{key}: got {{}}, which changes nothing; set {key}.NAME=VALUE, drop an entry with ~{key}.NAME"
    return None
