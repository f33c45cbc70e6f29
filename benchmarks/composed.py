"""A config as a command composes it, for benchmarks that call what the command calls, in this process."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from epochwise.command_line.composer import engine_conf

PROJECT = Path(__file__).parents[1]


def composed(name: str, words: Sequence[str]) -> DictConfig:
    """Compose a config, and let Hydra's own part of it stand where a run looks for it.

    Args:
        name: of the command, such as ``train``.
        words: what would be typed behind it.
    """
    with engine_conf(), initialize_config_dir(str(PROJECT / "conf"), version_base="1.3"):
        config = compose(name, list(words), return_hydra_config=True)
    HydraConfig.instance().set_config(config)
    with open_dict(config):
        del config["hydra"]
    return config
