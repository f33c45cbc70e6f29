"""Weights of a run, or of a file."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from epochwise.input_error import InputError
from epochwise.run.read_checkpoint import read_checkpoint


class PretrainedWeights(NamedTuple):
    """What was found.

    Args:
        path: of the file.
        weights: name -> tensor, on the CPU.
        class_names: of the data they were trained on, in order; ``None`` where that is not known.
    """

    path: Path
    weights: dict[str, Tensor]
    class_names: list[str] | None


def read_pretrained(source: str) -> PretrainedWeights:
    """Read weights as plain data: nothing in a file is run.

    Args:
        source: a run folder, whose best epoch is taken; a folder of runs, of which the newest is; or a file with a
            state dict, written by ``torch.save`` or safetensors.

    Raises:
        InputError: nothing is there, no run has finished an epoch, or the file holds more than tensors and plain
            values.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        path = _best_checkpoint(path)
    elif not path.is_file():
        names = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = InputError.closest(path.name, names)
        raise InputError(
            f"model.pretrained: no file and no folder {source}{hint}; allowed: the folder of a run that was trained "
            "before, a folder of such, a file with a state dict"
        )
    found = _read(path)
    of_data = [value for value in found.values() if isinstance(value, dict) and {"spec", "learned"} <= value.keys()]
    class_names = list(of_data[0]["spec"]["class_names"]) if of_data else None
    for key in ("state_dict", "model"):
        found = found[key] if isinstance(found.get(key), dict) else found
    weights = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if not weights:
        raise InputError(f"model.pretrained: {path} holds no tensors by name")
    return PretrainedWeights(path, weights, class_names)


def _best_checkpoint(folder: Path) -> Path:
    inside = [file for depth in ("", "*/", "*/*/") for file in folder.glob(f"{depth}checkpoints/best.ckpt")]
    if not inside:
        raise InputError(f"model.pretrained: no run in {folder} has a checkpoints/best.ckpt; train one first")
    return max(inside, key=lambda file: file.stat().st_mtime)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        if path.suffix == ".ckpt":
            return read_checkpoint(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes that are no weights fail in any way
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        raise InputError(
            f"model.pretrained: {path} is no checkpoint and no state dict as torch.save or safetensors write it "
            f"({reason})"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"model.pretrained: {path} holds a {type(found).__name__}; allowed: a state dict")
    return found
