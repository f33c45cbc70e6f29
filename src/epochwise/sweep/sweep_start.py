"""What has to be known before the first job of a sweep."""

import re
import sys
from glob import glob
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, flag_override

from epochwise.config.resolve import quoted
from epochwise.input_error import InputError
from epochwise.run.run_folder import RunLock
from epochwise.sweep.job import OF_ALL_JOBS, of_one_job
from epochwise.sweep.password import hide_password

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


class SweepStart(Callback):
    """Settle a sweep's folder before its first job, wherever the jobs will run, and hold it until the end.

    With ``resume=true`` it is the newest one that the same command has begun, unless ``hydra.sweep.dir`` is given. What
    was swept is kept there as Hydra does, in ``multirun.yaml``.

    Args:
        shared: whether several processes may work on one folder at a time.
    """

    def __init__(self, shared: bool = False) -> None:
        self.shared = shared
        self.lock: RunLock | None = None

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        # Hydra reads the folder of a sweep before it has set what ${hydra:...} looks up.
        HydraConfig.instance().set_config(config)
        if config.get("storage"):  # of a search, where a file of conf has it
            with flag_override(config, ["readonly", "struct"], [False, False]):
                config.storage = hide_password(config.storage)
        given = any(text.startswith("hydra.sweep.dir=") for text in config.hydra.overrides.hydra)
        found = same_sweep(config) if config.get("resume") is True and not given else None
        folder = (found or Path(config.hydra.sweep.dir)).absolute()
        with flag_override(config.hydra, ["readonly", "struct"], [False, False]):
            config.hydra.sweep.dir = str(folder)
            # Each job is composed anew, perhaps on another machine: by then it's another time.
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(str(folder))}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.lock = None if self.shared else RunLock(folder)
            OmegaConf.save(config, folder / "multirun.yaml")
        except (InputError, OSError) as error:  # Hydra would make a warning of it
            line = f"hydra.sweep.dir: {error}" if isinstance(error, OSError) else str(error)
            print(line.replace("run_folder:", "hydra.sweep.dir:"), file=sys.stderr)
            raise SystemExit(2) from None

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        if self.lock is not None:
            self.lock.release()
