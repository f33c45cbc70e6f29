"""The folders that a run was begun in, which go again where nothing was written."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
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


def drop_empty_run_folder() -> None:
    """The same with the run folder that Hydra made, if it made one."""
    # Where Hydra has composed, but runs nothing, there is none.
    if HydraConfig.initialized() and not OmegaConf.is_missing(HydraConfig.get().runtime, "output_dir"):
        drop_empty(Path(HydraConfig.get().runtime.output_dir))
