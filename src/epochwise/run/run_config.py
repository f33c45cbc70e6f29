"""The config of a run, as it was when the run began."""

from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from epochwise.input_error import InputError
from epochwise.run.relative_paths import relative_paths
from epochwise.run.whole_file import whole_file

#: Every run has them.
NODES = ("data", "model", "task", "optimizer", "scheduler", "stopping", "trainer")


def write_run_config(run_folder: Path, config: DictConfig) -> dict[str, Any]:
    """Write ``config.yaml``: all values resolved, the spec filled in: the run can be built again from it alone.

    Paths inside the run folder stay relative to it (``${run_folder}/checkpoints``): a folder may be moved.

    Returns:
        What was written, as plain values.
    """
    plain = plain_config(config)
    with whole_file(run_folder / "config.yaml") as file:
        yaml.safe_dump(plain, file, sort_keys=False)
    return plain


def plain_config(config: DictConfig) -> dict[str, Any]:
    """What ``write_run_config`` writes."""
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    folder = plain.pop("run_folder")
    plain.pop("trust", None)  # a folder does not say whether it is to be trusted
    return dict(relative_paths(plain, str(folder)))


def read_run_config(run_folder: Path) -> DictConfig:
    """Read ``config.yaml`` of a run folder, wherever that stands now.

    Raises:
        FileNotFoundError: there is none.
        InputError: it is damaged or cut short.
    """
    path = run_folder / "config.yaml"
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = OmegaConf.create({"run_folder": str(run_folder), **plain})
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, TypeError) as error:
        raise InputError(f"run: {path} is damaged or cut short") from error
    if cut := [name for name in NODES if not isinstance(found.get(name), DictConfig)]:
        raise InputError(f"run: {path} has no {cut[0]!r}: it is damaged or cut short")
    return found


def flat(plain: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings under dotted names, as a table of runs shows them: ``{"trainer.max_epochs": 30}``."""
    settings: dict[str, Any] = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            settings |= flat(value, f"{prefix}{name}.")
        else:
            settings[f"{prefix}{name}"] = value if isinstance(value, (bool, int, float, str)) else str(value)
    return settings
