"""Weights of another run or of a file, and downloads that end."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from epochwise.input_error import InputError
from epochwise.run.checkpoints import read_checkpoint

TIMEOUT_S = 10.0


@contextmanager
def bounded_downloads() -> Iterator[None]:
    """Let torch and torchvision wait for 10 s at most, for a connection and for each piece of a file.

    Else urllib, by which they download, waits for a silent server without end.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def bounded_hub() -> Iterator[None]:
    """Let timm find what is in Hugging Face's cache, and nothing else, where the server does not answer once.

    Else huggingface_hub asks six times for each of the names that a file of weights may have: 81 s without a network.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    before = constants.HF_HUB_OFFLINE
    try:
        get_session().head(constants.ENDPOINT, timeout=TIMEOUT_S)  # by its own client, which knows of proxies
    except Exception:  # of httpx or requests, which of them depends on its version
        constants.HF_HUB_OFFLINE = True  # as its variable of that name does, which is read at its import alone
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


class PretrainedWeights(NamedTuple):
    """What was found.

    Args:
        path: of the file.
        weights: name -> tensor, on the CPU.
        class_names: of the data they were trained on, in order; ``None`` where that is not known.
        learned: what the data module of that run learned from its training data; ``None`` where that is not known.
    """

    path: Path
    weights: dict[str, Tensor]
    class_names: list[str] | None
    learned: dict[str, Any] | None = None


def read_pretrained(source: str, key: str = "model.pretrained") -> PretrainedWeights:
    """Read weights as plain data: nothing in a file is run.

    Args:
        source: a run folder, whose best epoch is taken; a folder of runs, of which the newest is; or a file with a
            state dict, written by ``torch.save`` or safetensors.
        key: where it was given, for the message.

    Raises:
        InputError: nothing is there, no run has finished an epoch, or the file holds more than tensors and plain
            values.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        path = _best_checkpoint(path, key)
    elif not path.is_file():
        names = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = InputError.closest(path.name, names)
        raise InputError(
            f"{key}: no file and no folder {source}{hint}; allowed: the folder of a run that was trained "
            "before, a folder of such, a file with a state dict"
        )
    found = _read(path, key)
    of_data = [value for value in found.values() if isinstance(value, dict) and {"spec", "learned"} <= value.keys()]
    class_names = list(of_data[0]["spec"]["class_names"]) if of_data else None
    for name in ("state_dict", "model"):
        found = found[name] if isinstance(found.get(name), dict) else found
    weights = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if not weights:
        raise InputError(f"{key}: {path} holds no tensors by name")
    return PretrainedWeights(path, weights, class_names, dict(of_data[0]["learned"]) if of_data else None)


def _best_checkpoint(folder: Path, key: str) -> Path:
    inside = [file for depth in ("", "*/", "*/*/") for file in folder.glob(f"{depth}checkpoints/best.ckpt")]
    if not inside:
        raise InputError(f"{key}: no run in {folder} has a checkpoints/best.ckpt; train one first")
    return max(inside, key=lambda file: file.stat().st_mtime)


def _read(path: Path, key: str) -> dict[str, Any]:
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
            f"{key}: {path} is no checkpoint and no state dict as torch.save or safetensors write it ({reason})"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{key}: {path} holds a {type(found).__name__}; allowed: a state dict")
    return found
