"""Arrays that numpy has written: pictures, rows, series, any shape; one input, or several by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from epochwise.data.pictures.picture_files import channel_statistics
from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.split_data_module import SplitDataModule, shape_of, shapes_of
from epochwise.data.tables.array_rows import (
    ArrayRows,
    Stored,
    Together,
    array_in,
    check_alike,
    check_finite,
    name_in,
    read_arrays,
)
from epochwise.data.target import IGNORE
from epochwise.input_error import InputError, allowed_names

SPLITS = ("train", "val", "test")
#: Samples from which mean and deviation are taken at most, evenly spaced: of more, they say the same.
MOST_LEARNED_FROM = 20_000


@dataclass(eq=False, kw_only=True)
class Arrays(SplitDataModule):
    """Arrays of an ``.npz`` file, or of the ``.npy`` files of a folder, which are mapped and read batch by batch.

    Where there is no ``x`` but ``x_train`` (or ``train_x``), and ``x_test`` or ``x_val``, these are the splits. Bytes
    of three or four dimensions are pictures, (N, H, W), (N, H, W, C) or (N, C, H, W), scaled to [0, 1]; all else are
    floats. Both are standardised by the training samples, each channel or feature of each input.

    Args:
        path: the file, or the folder.
        x: the array of the inputs; or several, the name that a network knows -> the array.
        y: the array of the targets.
        kind: ``class``: (N,) integers or texts, each different value is one. ``number``: (N,) or (N, T). ``labels``:
            (N, C) of 0 and 1. ``mask``: (N, H, W) integers, a class for each pixel, from 0.
        class_names: C names of classes (of the sorted values), labels, or of a mask's 0, 1, ...; None: the values.
        ignore: values of a mask that say nothing.
        groups: an array of what samples belong to; those of one stay together, in one split and one fold.

    Raises:
        InputError: no such file or array, arrays of other lengths, an input that is not finite, another kind of target.
    """

    path: str = "datasets/arrays.npz"
    x: str | Mapping[str, str] = "x"
    y: str = "y"
    kind: Literal["class", "number", "labels", "mask"] = "class"
    class_names: Sequence[str] | None = None
    ignore: Sequence[int] = ()
    groups: str | None = None

    @property
    def inputs(self) -> dict[str, str]:
        """Name of an input -> array."""
        return {"": self.x} if isinstance(self.x, str) else {str(name): str(array) for name, array in self.x.items()}

    def load(self) -> dict[str, Samples]:
        stored = read_arrays(self.path, "data.path")
        found = {split: self._of_split(stored, split) for split in self._splits(stored)}
        self.stored = {name: [arrays[name] for arrays in found.values()] for name in self.inputs}
        self.masks = [arrays["target"] for arrays in found.values()]
        for split, arrays in found.items():
            for name, array in self.inputs.items():
                check_finite(arrays[name], f"data.x: {array!r} of {split}")
        check_alike([*self.stored.items(), *([("target", self.masks)] if self.kind == "mask" else [])])
        y, names = self._targets(self.masks)
        samples: dict[str, Samples] = {}
        start = 0
        for split, arrays in found.items():
            rows = np.arange(start, start := start + len(arrays["target"]))
            groups = arrays.get("groups")
            samples[split] = Samples(rows, y[rows], names, groups=groups, kind=self.kind)
        return samples

    def learn(self, x: Any) -> dict[str, Any]:
        learned = {name: channel_statistics(ArrayRows(self.stored[name], x), MOST_LEARNED_FROM) for name in self.inputs}
        return learned.get("", {"inputs": learned})

    def encode(self, x: Any) -> Any:
        return self._encoded(self.stored, x)

    def encode_targets(self, samples: Samples) -> Any:
        assert self.spec is not None
        if self.kind != "mask":
            return super().encode_targets(samples)
        if self.spec.target != "mask":
            raise InputError(f"data: the target is a mask; the network was trained on a {self.spec.target}")
        if not np.array_equal(samples.class_index(self.spec), np.arange(len(samples.class_names or ()))):
            allowed = f"in the order of those that the network was trained on: {', '.join(self.spec.class_names)}"
            raise InputError(f"data.class_names: got {', '.join(samples.class_names or ())}, allowed: {allowed}")
        return ArrayRows(self.masks, samples.y, "mask", self.ignore)

    def describe(self, samples: Samples, x: Any) -> Spec:
        if self.kind != "mask":
            return super().describe(samples, x)
        names = list(samples.class_names or [])
        masks = ArrayRows(self.masks, samples.y, "mask", self.ignore)
        counts = np.zeros(len(names), dtype=np.int64)
        for start in range(0, len(masks), 256):
            mask = masks[list(range(start, min(start + 256, len(masks))))].numpy()
            counts += np.bincount(mask[mask != IGNORE], minlength=len(names))
        return Spec(
            shape_of(x), "mask", len(names), names, counts.tolist(), input_shapes=shapes_of(x), num_train=len(samples)
        )

    def read(self, path: str) -> tuple[list[str], Any]:
        """An ``.npz`` with the arrays of ``x``, a folder of them, or an ``.npy`` that is the one input."""
        stored, lone = read_arrays(path, "predict"), Path(path).suffix == ".npy" and len(self.inputs) == 1
        parts = {
            name: [next(iter(stored.values())) if lone else array_in(stored, array, "predict")]
            for name, array in self.inputs.items()
        }
        num = len(next(iter(parts.values()))[0])
        return [str(row) for row in range(num)], self._encoded(parts, np.arange(num))

    def _encoded(self, parts: dict[str, list[np.ndarray]], rows: np.ndarray) -> ArrayRows | Together:
        if isinstance(self.x, str):
            return ArrayRows(parts[""], rows)
        return Together({name: ArrayRows(parts[name], rows) for name in self.inputs}, len(rows))

    def _splits(self, stored: Stored) -> list[str]:
        first = next(iter(self.inputs.values()))
        if first in stored:
            return ["train"]
        found = [split for split in SPLITS if name_in(stored, first, split)]
        if "train" not in found:
            raise InputError(
                f"data.x: no array {first!r}, nor {first + '_train'!r}{allowed_names(first, list(stored))}"
            )
        return found

    def _of_split(self, stored: Stored, split: str) -> dict[str, np.ndarray]:
        keys = {**self.inputs, "target": self.y, **({"groups": self.groups} if self.groups else {})}
        whole = next(iter(self.inputs.values())) in stored
        arrays = {}
        for name, array in keys.items():
            key = {"target": "data.y", "groups": "data.groups"}.get(name, "data.x")
            found = array if whole else name_in(stored, array, split) or f"{array}_{split}"
            arrays[name] = array_in(stored, found, key)
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{keys[name]} has {length}" for name, length in lengths.items())
            raise InputError(f"data: arrays of other lengths in {split}: {said}")
        return arrays

    def _targets(self, parts: list[np.ndarray]) -> tuple[np.ndarray, list[str] | None]:
        """Targets of all splits together (row numbers, of masks), and the names of classes."""
        if self.kind == "mask":
            return np.arange(sum(map(len, parts))), self._mask_names(parts)
        y = np.concatenate(parts)
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 and self.kind != "labels" else y
        given = None if self.class_names is None else [str(name) for name in self.class_names]
        if self.kind == "number" or (self.kind == "labels" and y.ndim == 2):
            names = None if self.kind == "number" else given or [str(place) for place in range(y.shape[1])]
            return y, names
        if y.ndim != 1 or y.dtype.kind == "f":
            instead = "whole numbers or texts (N,) for data.kind=class, 0 and 1 (N, C) for data.kind=labels"
            raise InputError(f"data.y={self.y}: {y.dtype} of the shape {y.shape}; allowed: {instead}")
        values, codes = np.unique(y, return_inverse=True)
        if given is not None and y.dtype.kind in "iu" and values[0] >= 0 and values[-1] < len(given):
            return y.astype(np.int64), given  # few samples may hold few of the classes
        if given is not None and len(given) != len(values):
            raise InputError(f"data.class_names: got {len(given)}, allowed: {len(values)}, one for each of {self.y!r}")
        return codes, given or [str(value) for value in values.tolist()]

    def _mask_names(self, parts: list[np.ndarray]) -> list[str]:
        if parts[0].dtype.kind not in "iub" or parts[0].ndim not in (3, 4):
            raise InputError(
                f"data.y={self.y}: {parts[0].dtype} of the shape {parts[0].shape}; allowed: integers (N, H, W)"
            )
        values = sorted(set().union(*(set(np.unique(part).tolist()) for part in parts)) - set(self.ignore))
        names = [str(name) for name in self.class_names or range(int(values[-1]) + 1)]
        if not 2 <= len(names) <= 1000 or values[0] < 0 or values[-1] >= len(names):
            raise InputError(f"data.y={self.y}: values {values[:5]}...; allowed: 0 to {len(names) - 1}, or data.ignore")
        return names
