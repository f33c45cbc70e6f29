"""The folder that the same command has begun before."""

import re
from glob import glob
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from epochwise.run.job_record import OF_ALL_JOBS, of_one_job

MOST_BYTES = 1_000_000


def same_sweep(config: DictConfig) -> Path | None:
    """Find the newest sweep of the same settings, whatever time its folder is named for.

    Args:
        config: of a sweep, with Hydra's own node, before its folder is made.

    Returns:
        Its folder; None where there is none. Where a file in conf has changed since, it is another sweep.
    """
    written = OmegaConf.to_container(config.hydra.sweep, resolve=False)
    pattern = re.sub(r"\$\{now:[^}]*\}", "*", str(written["dir"]))  # type: ignore[call-overload, index]
    anytime = OmegaConf.create({"dir": pattern})
    anytime._set_parent(config)
    files = [Path(path) for path in glob(f"{anytime.dir}/multirun.yaml")]
    wanted = _settings(OmegaConf.to_container(config, resolve=False))
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        if _settings(_read(file)) == wanted:
            return file.parent
    return None


def _read(file: Path) -> Any:
    try:
        if file.stat().st_size > MOST_BYTES:
            return None
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _settings(config: Any) -> Any:
    """What a sweep trains: everything but where, by which launcher, and whether it goes on; None of another file."""
    try:
        overrides = of_one_job(config["hydra"]["overrides"]["task"])
    except (KeyError, TypeError, AttributeError):
        return None
    # Through YAML, as what was written has been: tuples are lists there.
    root = yaml.safe_load(
        yaml.safe_dump({key: value for key, value in config.items() if key not in ("hydra", *OF_ALL_JOBS)})
    )
    return sorted(overrides), root
