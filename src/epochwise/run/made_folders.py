"""The folders that a run was begun in, which go again where nothing was written."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

#: Folders above that of the run that were not there before Hydra made it, the innermost first.
_MADE: list[Path] = []


class MadeFolders(Callback):
    """Note which folders above that of a run, or of many, are about to be made, for ``drop_empty``."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        _note(config, "run")

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        _note(config, "sweep")


def _note(config: DictConfig, mode: str) -> None:
    hydra = HydraConfig.instance()
    before = hydra.cfg
    hydra.set_config(config)  # Hydra does it later; the folder's name may look things up in it
    try:
        _MADE[:] = [place for place in Path(config.hydra[mode].dir).absolute().parents if not place.exists()]
    finally:
        hydra.cfg = before


def drop_empty(folder: Path) -> None:
    """Remove the folder of a run, or of many, where it is empty, and what was made above it; never the working folder.

    Args:
        folder: there need not be one.
    """
    for place in (folder.absolute(), *(place for place in _MADE if place in folder.absolute().parents)):
        if place == Path.cwd():
            return
        with suppress(OSError):  # something is in it, be it of another run
            place.rmdir()


#: What stands in the folder of many runs before the first of them.
OF_MANY = {".lock", "multirun.yaml"}


def drop_unused(folder: Path) -> None:
    """The same with the folder of many runs, of which none has begun, unless another process holds it."""
    lock = folder / ".lock"
    if lock.exists() and lock.read_text(encoding="utf-8").strip() != str(os.getpid()):
        return
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= OF_MANY:
        for name in OF_MANY:
            (folder / name).unlink(missing_ok=True)
        drop_empty(folder)


def drop_unused_folder() -> None:
    """The same with whichever Hydra has made, if it made one."""
    if not HydraConfig.initialized():
        return
    hydra = HydraConfig.get()
    if not OmegaConf.is_missing(hydra.runtime, "output_dir"):
        drop_empty(Path(hydra.runtime.output_dir))
    elif hydra.mode == RunMode.MULTIRUN:
        drop_unused(Path(hydra.sweep.dir))
