"""A checkpoint as plain data."""

import zipfile
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import torch

MOST_ITEMS = 10_000_000  # of nested values: an optimizer of a large network has some hundred thousand


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that may be damaged, or a stranger's: nothing in it is run, nor unpacked beyond its size.

    Args:
        path: written by a run: a zip file of uncompressed parts with checksums.

    Returns:
        Tensors, on the CPU, and plain values; ``state_dict`` and ``epoch`` among them.

    Raises:
        ValueError: it is no such file, is damaged or cut short, holds more than tensors and plain values, or is of
            something else than a run.
    """
    try:
        _check_parts(path)
        with catch_warnings(action="ignore"):  # torch warns of tensors that are refused below
            checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        num_items = _num_items(checkpoint, {}, path.stat().st_size)
    except Exception as error:  # bytes that are no checkpoint fail in any way
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"cannot be read: damaged, cut short, or more than tensors and plain values ({reason})"
        ) from error
    if num_items > MOST_ITEMS:
        raise ValueError("cannot be read: damaged, or made to unfold without end")
    if not isinstance(checkpoint, dict) or not _is_a_runs(checkpoint):
        raise ValueError("is not a run's: it has no 'state_dict' of tensors and 'epoch'")
    return checkpoint


def _check_parts(path: Path) -> None:
    if not path.is_file():  # nor a pipe, which would be read for ever
        raise ValueError("no file")
    with zipfile.ZipFile(path) as parts:
        infos = parts.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED or part.file_size != part.compress_size for part in infos):
            raise ValueError("its parts are compressed, which no run writes")
        if sum(part.file_size for part in infos) > path.stat().st_size or len({i.filename for i in infos}) < len(infos):
            raise ValueError("its parts overlap")
        if (damaged := parts.testzip()) is not None:
            raise ValueError(f"{damaged} differs from its checksum")


def _is_a_runs(checkpoint: dict[str, Any]) -> bool:
    weights = checkpoint.get("state_dict")
    if not isinstance(weights, dict) or not isinstance(checkpoint.get("epoch"), int):
        return False
    return all(isinstance(name, str) and isinstance(weight, torch.Tensor) for name, weight in weights.items())


def _num_items(value: Any, known: dict[int, int], most_bytes: int) -> int:
    """Nested values, counted as often as they are reached; more than the most where one holds itself.

    Raises:
        ValueError: a tensor is not kept number by number: a few bytes may stand for any number of values.
    """
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_meta or value.numel() * value.element_size() > most_bytes:
            raise ValueError("a tensor is larger than the file")
        return 1
    if not isinstance(value, (dict, list, tuple, set, frozenset)):
        return 1
    if id(value) not in known:
        known[id(value)] = MOST_ITEMS + 1
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_num_items(item, known, most_bytes) for item in inside)
    return known[id(value)]
