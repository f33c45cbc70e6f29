"""The targets of one's own data set: of what kind they are, what they are, and how often."""

import sys
from collections.abc import Sequence
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from epochwise.data.target import IGNORE, Target
from epochwise.input_error import InputError
from epochwise.items.batches import Items, OwnTargets
from epochwise.items.form import Form

TELL_AFTER_SECONDS = 10

READ = ("class", "number", "labels")  # kinds of targets that are read before training: for the cut, and the spec


def shown_kind(x: Any, y: Any) -> tuple[Target | None, str | None]:
    """What kind of target an item shows, or how it could be read in several ways."""
    if y is None:
        return "own", None
    if isinstance(y, str):
        return "class", None
    try:
        value = np.asarray(y)
    except (TypeError, ValueError):
        return "own", None
    numbers = value.dtype.kind in "fiub"
    if numbers and value.ndim == 0:
        return ("number" if value.dtype.kind == "f" else "class"), None
    if numbers and value.ndim == 2 and value.dtype.kind != "f":
        return "mask", None
    if numbers and value.ndim == 1:
        tokens = value.dtype.kind != "f" and np.ndim(x) == 1 and not hasattr(x, "keys")
        could = "tokens, labels" if tokens else "labels" if value.dtype.kind in "iub" else "number, labels"
        return None, f"{len(value)} numbers as its target; say what they are: {could} or own"
    return None, f"a target of shape {value.shape} and type {value.dtype}; say what it is: mask or own"


def read_targets(dataset: Any, form: Form, num_workers: int) -> list[Any]:
    """The target of each item of a data set, N of them.

    What a data set has as ``targets``, as torchvision's do, is taken where a few items agree with it; else each item is
    read, once.
    """
    published = getattr(dataset, "targets", None)
    if published is not None and len(published) == len(dataset):
        some = sorted({round(place) for place in np.linspace(0, len(dataset) - 1, 8)})
        if all(_same(form.parts(dataset[place])[1], published[place]) for place in some):
            return list(published.tolist() if hasattr(published, "tolist") else published)
    rows = np.arange(len(dataset))
    items = Items({"train": dataset}, None, rows, form, _Parts(form), 0)
    batches = [part.tolist() for part in np.array_split(rows, max(1, len(rows) // 64))]
    loader: Any = DataLoader(OwnTargets(items), sampler=batches, batch_size=None, num_workers=num_workers,
                             collate_fn=_as_it_is)  # fmt: skip
    tells = Telling(
        f"data: the targets of the {len(dataset):,} items of {type(dataset).__name__} are being read",
        "its 'targets', one an item, spare that",
    )
    found: list[Any] = []
    for batch in loader:
        found += batch
        tells.count(len(found))
    return found


class Telling:
    """Says once, on standard error, what takes long.

    Args:
        what: is being done.
        spares: what makes it needless.
    """

    def __init__(self, what: str, spares: str) -> None:
        self.what, self.spares, self.at = what, spares, monotonic() + TELL_AFTER_SECONDS

    def count(self, so_far: int) -> None:
        """Samples so far."""
        if monotonic() > self.at:
            self.at = float("inf")
            print(f"{self.what}, {so_far:,} so far; {self.spares}", file=sys.stderr)


class _Parts:
    """A ``collate_fn`` that leaves targets as they are."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def __call__(self, items: list[Any]) -> tuple[Any, Any]:
        return None, [plain_target(self.form.parts(item)[1]) for item in items]


def _as_it_is(batch: Any) -> Any:
    return batch


def plain_target(y: Any) -> Any:
    """A number, text, or an array."""
    y = np.asarray(y) if isinstance(y, (Tensor, Sequence)) and not isinstance(y, str) else y
    return y.item() if isinstance(y, np.ndarray) and y.ndim == 0 else y


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(np.array_equal(plain_target(one), plain_target(other)))
    except (TypeError, ValueError):
        return False


def target_array(ys: list[Any], kind: str, names: list[str] | None) -> np.ndarray:
    if kind == "class" and isinstance(ys[0], str):
        index = {name: place for place, name in enumerate(names or ())}
        if unknown := sorted(set(ys) - index.keys()):
            raise InputError(f"data.class_names: has no {unknown[0]!r}{InputError.closest(unknown[0], list(index))}")
        return np.array([index[y] for y in ys])
    try:
        found = np.stack([np.asarray(y) for y in ys])
    except ValueError:
        raise InputError(f"data.target: got {kind!r}, but targets have different shapes") from None
    if kind == "class" and (found.ndim != 1 or not np.array_equal(found, found.astype(int))):
        raise InputError(f"data.target: got 'class', but a target is {ys[0]!r}; allowed: one whole number, or a name")
    if kind == "number" and found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    return found.astype(int) if kind == "class" else found


def count_targets(x: Items, least: int, num_workers: int) -> np.ndarray:
    """(C,) how often each class, or token, stands among the targets of all items, ``IGNORE`` left out."""
    places = np.array_split(np.arange(len(x)), max(1, len(x) // 64))
    loader: Any = DataLoader(
        OwnTargets(x), sampler=[part.tolist() for part in places], batch_size=None, num_workers=num_workers
    )
    counts = np.zeros(max(least, 1), dtype=np.int64)
    for y in loader:
        values = torch.as_tensor(y).flatten()
        values = values[values != IGNORE]
        if len(values) and (int(values.min()) < 0 or (least and int(values.max()) >= least)):
            wrong = int(values.min()) if int(values.min()) < 0 else int(values.max())
            allowed = f"0 to {least - 1} (data.num_outputs)" if least else "at least 0"
            raise InputError(f"data: a target has the value {wrong}; allowed: {allowed}, and {IGNORE} for none")
        found = np.bincount(values.numpy(), minlength=len(counts))
        found[: len(counts)] += counts
        counts = found
    return counts
