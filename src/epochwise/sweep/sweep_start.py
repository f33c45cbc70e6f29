"""What has to be known before the first job of a sweep."""

import sys
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, flag_override

from epochwise.config.quoted import quoted
from epochwise.input_error import InputError
from epochwise.run.run_lock import RunLock
from epochwise.sweep.same_sweep import same_sweep


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
