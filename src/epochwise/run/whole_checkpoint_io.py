"""Checkpoints that are whole or absent."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from epochwise.run.whole_file import whole_file


class WholeCheckpointIO(TorchCheckpointIO):
    """Lightning's checkpoint files, written beside their target and renamed.

    Lightning writes to the system's temp folder and moves; from another file system that is a copy, and a killed run
    leaves half of one.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint of tensors and plain values to a local path."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, "wb") as file:
            torch.save(checkpoint, file)
