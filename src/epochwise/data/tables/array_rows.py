"""Rows of arrays that numpy has written, read into memory or mapped into it."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import torch
from torch.utils.data import Dataset

from epochwise.data.target import IGNORE
from epochwise.input_error import InputError, allowed_names, existing_path

#: Rows of a mapped array that are looked at before the first step.
MOST_CHECKED = 20_000
Stored = Mapping[str, np.ndarray]


def read_arrays(path: str, key: str) -> Stored:
    """The arrays of an ``.npz`` file, read into memory, or of the ``.npy`` files of a folder, mapped into it.

    Objects (pickles) are never loaded.

    Raises:
        InputError: nothing is there, or no array that can be read.
    """
    place = existing_path(path, key)
    files = sorted(place.glob("*.npy")) if place.is_dir() else [place]
    if not files or (place.is_file() and place.suffix not in (".npz", ".npy")):
        raise InputError(f"{key}={path}: no arrays; allowed: an .npz file, or a folder of .npy files")
    try:
        if place.suffix == ".npz":
            with np.load(place, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        return {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in files}
    except Exception as error:  # zipfile, zlib and numpy each have errors of their own
        why = "objects, which numpy keeps as a pickle" if "allow_pickle" in str(error) else str(error)
        raise InputError(f"{key}={path}: not readable arrays ({why})") from error


class ArrayRows(Dataset):
    """Some rows of several arrays, one after another: ``rows[list of indices]`` is a tensor (B, ...).

    Args:
        parts: arrays of the same shape but for their length, as of splits.
        rows: (N,) which rows, counted over all parts.
        kind: ``input``: uint8 as it is, else float32, pictures with their channels first; ``mask``: int64.
        nothing: values of a mask that become ``IGNORE``.
    """

    is_held = True  # see ``device.kept_samples``; of mapped arrays what fits is read once

    def __init__(
        self,
        parts: Sequence[np.ndarray],
        rows: np.ndarray,
        kind: Literal["input", "mask"] = "input",
        nothing: Sequence[int] = (),
    ) -> None:
        self.parts, self.rows, self.kind, self.nothing = parts, rows, kind, nothing
        self.starts = np.cumsum([0, *(len(part) for part in parts)])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, indices: list[int]) -> torch.Tensor:
        rows = self.rows[indices]
        of = np.searchsorted(self.starts, rows, side="right") - 1
        first = self.parts[0]
        found = np.empty((len(rows), *first.shape[1:]), dtype=first.dtype)
        for part in np.unique(of):
            found[of == part] = self.parts[part][rows[of == part] - self.starts[part]]
        if self.kind == "mask":
            mask = found.reshape(found.shape[:3]).astype(np.int64)
            return torch.from_numpy(np.where(np.isin(mask, self.nothing), IGNORE, mask))
        x = torch.from_numpy(_channels_first(found if found.ndim > 1 else found[:, None]))
        return x if x.dtype == torch.uint8 else x.float()


def _channels_first(x: np.ndarray) -> np.ndarray:
    """Pictures, bytes (B, H, W) or (B, H, W, C), as (B, C, H, W); all else as it is."""
    if x.dtype == np.uint8 and x.ndim == 3:
        return x[:, None]
    if x.dtype == np.uint8 and x.ndim == 4 and x.shape[3] in (1, 3) and x.shape[1] not in (1, 3):
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return x


class Together(Dataset):
    """Several inputs by name: ``inputs[list of indices]`` is a dict of tensors (B, ...)."""

    is_held = True

    def __init__(self, inputs: dict[str, ArrayRows], length: int) -> None:
        self.inputs, self.length = inputs, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, indices: list[int]) -> dict[str, torch.Tensor]:
        return {name: rows[indices] for name, rows in self.inputs.items()}


def check_alike(arrays: Sequence[tuple[str, list[np.ndarray]]]) -> None:
    """Raise InputError where an array has other shapes, or types, in other splits."""
    for name, parts in arrays:
        kinds = {(part.dtype.str, part.shape[1:]) for part in parts}
        if len(kinds) > 1:
            said = " and ".join(
                f"{dtype} of the shape (N, {', '.join(map(str, shape))})" for dtype, shape in sorted(kinds)
            )
            raise InputError(f"data: {name or 'x'} is {said} in the splits; allowed: the same")


def check_finite(array: np.ndarray, said: str) -> None:
    """Raise InputError where a row holds what is not finite; of a mapped array so many rows, evenly spaced, are read.

    Args:
        array: (N, ...) numbers.
        said: what it is, for the message.
    """
    if array.dtype.kind != "f":
        return
    step = max(1, len(array) // MOST_CHECKED) if isinstance(array, np.memmap) else 1
    rows = np.arange(0, len(array), step)
    for some in np.array_split(rows, max(1, len(rows) // 1024)):
        finite = np.isfinite(array[some]).reshape(len(some), -1).all(axis=1)
        if not finite.all():
            row = int(some[finite.argmin()])
            raise InputError(f"{said} holds what is not finite, in row {row} (counted from 0); allowed: finite numbers")


def name_in(stored: Stored, array: str, split: str) -> str | None:
    """The name under which a split's part of an array is stored: ``x_train`` or ``train_x``; None: there is none."""
    words = ("val", "valid", "validation", "dev") if split == "val" else (split,)
    return next((name for word in words for name in (f"{array}_{word}", f"{word}_{array}") if name in stored), None)


def array_in(stored: Stored, name: str, key: str) -> np.ndarray:
    """An array by name.

    Args:
        stored: arrays.
        name: of the array.
        key: where it was given, for the message.

    Raises:
        InputError: there is none of that name, or it has no rows of numbers, or of texts.
    """
    if name not in stored:
        raise InputError(f"{key}: no array {name!r}{allowed_names(name, list(stored))}")
    array = stored[name]
    if array.ndim == 0 or array.dtype.kind not in "biufU" or not len(array):
        raise InputError(f"{key}: {name!r} is {array.dtype} of the shape {array.shape}; allowed: N numbers, or rows")
    return array
