"""Checkpoints that are whole or absent."""

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from epochwise.run.relative_paths import absolute_paths, relative_paths
from epochwise.run.whole_file import whole_file


class WholeCheckpointIO(TorchCheckpointIO):
    """Lightning's checkpoint files, written beside their target and renamed.

    Lightning writes to the system's temp folder and moves; from another file system that is a copy, and a killed run
    leaves half of one. What could not be loaded again, such as a setting that is no plain value, is found when it is
    first written: a checkpoint that names a class which none before has named is read back before it takes its name.
    Paths of the run folder are kept relative to it: the folder may be moved.

    Args:
        run_folder: where the run writes now.
    """

    def __init__(self, run_folder: Path) -> None:
        super().__init__()
        self.run_folder = os.path.realpath(run_folder)  # as Lightning's callbacks note it
        self.classes: set[bytes] = set()  # of all checkpoints that were read back

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint of tensors and plain values to a local path."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if "callbacks" in checkpoint:
            checkpoint = checkpoint | {"callbacks": relative_paths(checkpoint["callbacks"], self.run_folder)}
        with whole_file(path, "wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            classes = classes_named_in(file.name)
            if not classes or not classes <= self.classes:  # reading takes three times as long as writing
                torch.load(file.name, map_location="cpu", weights_only=True, mmap=True)
                self.classes |= classes

    def load_checkpoint(self, path: str | Path, *_: Any, **__: Any) -> dict[str, Any]:
        """Read a checkpoint as plain data, whatever the caller or the environment asks for."""
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if "callbacks" in checkpoint:
            checkpoint["callbacks"] = absolute_paths(checkpoint["callbacks"], self.run_folder)
        return checkpoint


def classes_named_in(path: str) -> set[bytes]:
    """The classes and functions that a checkpoint's pickle names, which are all that may keep it from being loaded."""
    with zipfile.ZipFile(path) as parts:
        pickled = [parts.read(name) for name in parts.namelist() if name.endswith("/data.pkl")]
    return {name for text in pickled for name in re.findall(rb"c([\w.]+\n[\w.]+)\n", text)}
