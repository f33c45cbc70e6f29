"""A trained task, from its run folder."""

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import lightning as L
import torch
from omegaconf import DictConfig

from epochwise.commands.build import build
from epochwise.input_error import InputError
from epochwise.run.run_config import read_run_config


@dataclass
class Restored:
    """A run as its folder holds it: config, trained task, what its data module learned, the epoch of the weights."""

    config: DictConfig
    task: L.LightningModule
    data_state: dict[str, Any]
    epoch: int


def restore(folder: Path, ckpt: str) -> Restored:
    """Build a run's task again and load a checkpoint into it.

    Args:
        folder: a run folder, wherever it stands now.
        ckpt: which checkpoint: ``best`` or ``last``.

    Raises:
        InputError: no such folder, config or checkpoint; a checkpoint that cannot be read as plain tensors and values,
            or is another model's.
    """
    if not folder.is_dir():
        siblings = [path.name for path in folder.parent.iterdir() if path.is_dir()] if folder.parent.is_dir() else []
        raise InputError(f"run: no folder {folder}{InputError.closest(folder.name, siblings)}")
    path = folder / "checkpoints" / f"{ckpt}.ckpt"
    for needed in (folder / "config.yaml", path):
        if not needed.is_file():
            raise InputError(f"run: {needed} is missing; allowed: the folder of a run that has finished an epoch")
    config = read_run_config(folder)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"ckpt: {path} cannot be read: {str(error).splitlines()[0]}") from error
    makers = {name: build(config, name) for name in ("optimizer", "scheduler")}
    task = build(config, "task", network=build(config, "model"), **makers)
    try:
        task.load_state_dict(checkpoint["state_dict"])
    except (RuntimeError, KeyError) as error:
        lines = [line.strip() for line in str(error).splitlines()[1:4]]
        raise InputError(f"ckpt: {path} is not of {config.model['_target_']}: {' '.join(lines)}") from error
    data_class = config.data["_target_"].rpartition(".")[2]
    return Restored(config, task, checkpoint.get(data_class, {}), int(checkpoint["epoch"]))
