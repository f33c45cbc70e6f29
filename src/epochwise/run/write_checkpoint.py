"""Checkpoints on their way to the disk: written whole, beside the training."""

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins import TorchCheckpointIO

from epochwise.device.sharded_checkpoint import with_shards
from epochwise.run.run_config import absolute_paths, relative_paths
from epochwise.run.run_folder import whole_file
from epochwise.run.written_beside import MOST_BYTES, HostCopy, Writer


class WholeCheckpointIO(TorchCheckpointIO):
    """Lightning's checkpoint files, written beside their target and renamed.

    Lightning writes to the system's temp folder and moves; from another file system that is a copy, and a killed run
    leaves half of one. What could not be loaded again, such as a setting that is no plain value, is found when it is
    first written: a checkpoint that names a class which none before has named is read back before it takes its name.
    Paths of the run folder are kept relative to it: the folder may be moved.

    What is saved inside ``written_beside`` is copied, and written while training goes on; of each name the first one is
    written at once, so that what cannot be is told at once. All else is written behind that, before ``save_checkpoint``
    returns.

    Args:
        run_folder: where the run writes now.
    """

    def __init__(self, run_folder: Path) -> None:
        super().__init__()
        self.run_folder = os.path.realpath(run_folder)  # as Lightning's callbacks note it
        self.classes: set[bytes] = set()  # of all checkpoints that were read back
        self.written: set[Path] = set()
        self.writer, self.beside = Writer(), False
        self.step, self.num_bytes = -1, 0  # of the copies that are not known to be written

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint of tensors and plain values to a local path.

        Raises:
            OSError: it, or one that was to be written beside the training before, cannot be written.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if "callbacks" in checkpoint:
            checkpoint = checkpoint | {"callbacks": relative_paths(checkpoint["callbacks"], self.run_folder)}
        if self.beside and path in self.written:
            with suppress(ValueError):
                copy = HostCopy(checkpoint, MOST_BYTES - self.num_bytes)
                self.num_bytes += copy.num_bytes
                self.writer.add(partial(self._write, copy.value, path))
                return
        self.wait()
        self._write(checkpoint, path)
        self.written.add(path)

    def wait(self) -> None:
        """Return when every checkpoint that was saved is on the disk; raise what kept one from it."""
        self.writer.wait()
        self.num_bytes = 0

    def remove_checkpoint(self, path: str | Path) -> None:
        self.writer.add(partial(super().remove_checkpoint, path))  # one that was better is there by then
        if not self.beside:
            self.wait()

    def teardown(self) -> None:
        self.wait()

    def _write(self, checkpoint: dict[str, Any], path: Path) -> None:
        with whole_file(path, "wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            classes = classes_named_in(file.name)
            if not classes or not classes <= self.classes:  # reading takes three times as long as writing
                torch.load(file.name, map_location="cpu", weights_only=True, mmap=True)
                self.classes |= classes

    def load_checkpoint(
        self, path: str | Path, *_: Any, is_wanted: Callable[[str], bool] = lambda name: True, **__: Any
    ) -> dict[str, Any]:
        """Read a checkpoint as plain data, whatever the caller or the environment asks for.

        Args:
            path: its file.
            is_wanted: which tensors of those that lie in shards (``with_shards``).
        """
        checkpoint = with_shards(torch.load(path, map_location="cpu", weights_only=True), Path(path), is_wanted)
        if "callbacks" in checkpoint:
            checkpoint["callbacks"] = absolute_paths(checkpoint["callbacks"], self.run_folder)
        return checkpoint


#: Where loggers have an ``after_save_checkpoint`` that does nothing, beside those without one.
DEAF = (None, "lightning.pytorch.loggers.logger", "lightning.pytorch.loggers.tensorboard")


@contextmanager
def written_beside(trainer: L.Trainer) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Let checkpoints that are saved inside be written while training goes on, once those of earlier steps are there.

    Not where a logger is to be handed each one: it may read the file. Yields what does a job in the order of the files.
    """
    checkpoints = getattr(trainer.strategy, "checkpoint_io", None)
    hooks = [getattr(type(logger), "after_save_checkpoint", None) for logger in trainer.loggers]
    deaf = all(getattr(hook, "__module__", None) in DEAF for hook in hooks)
    if not isinstance(checkpoints, WholeCheckpointIO) or not deaf:
        wait_for_checkpoints(trainer)
        yield lambda job: job()
        return
    if checkpoints.step != trainer.global_step:
        checkpoints.wait()
    checkpoints.beside, checkpoints.step = True, trainer.global_step
    try:
        yield checkpoints.writer.add
    finally:
        checkpoints.beside = False


def wait_for_checkpoints(trainer: L.Trainer) -> None:
    """Return when every checkpoint that was saved is on the disk, to be read; raise what kept one from it."""
    checkpoints = getattr(trainer.strategy, "checkpoint_io", None)
    if isinstance(checkpoints, WholeCheckpointIO):
        checkpoints.wait()


def classes_named_in(path: str) -> set[bytes]:
    """The classes and functions that a checkpoint's pickle names, which are all that may keep it from being loaded."""
    with zipfile.ZipFile(path) as parts:
        pickled = [parts.read(name) for name in parts.namelist() if name.endswith("/data.pkl")]
    return {name for text in pickled for name in re.findall(rb"c([\w.]+\n[\w.]+)\n", text)}
