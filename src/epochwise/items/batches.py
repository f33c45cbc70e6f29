"""Items of one's own data sets, as batches [x, y]."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, SequentialSampler, StackDataset

from epochwise.data.splits.batch_seed import seed_batch
from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.items.form import Form


class Drawn(list[int]):
    """Rows of a training batch, which know their epoch: what is drawn while they are read follows from it."""

    epoch = 0
    #: What a stream kept when a run ended, for who reads this batch after it.
    kept: Any = None


class DrawnBatches(SequentialSampler):
    """The batches of ``EpochBatches`` as ``Drawn``.

    It is a ``SequentialSampler`` in name only: Lightning replaces any other kind under ``trainer.overfit_batches``.
    """

    def __init__(self, batches: EpochBatches) -> None:
        super().__init__(range(batches.num_samples))
        self.batches = batches

    def set_epoch(self, epoch: int) -> None:
        self.batches.set_epoch(epoch)

    def __iter__(self) -> Iterator[Drawn]:  # type: ignore[override]  # a batch at a time, where torch's gives a sample
        epoch = self.batches.position()[0] if self.batches.position else self.batches.epoch
        for rows in self.batches:
            drawn = Drawn(rows)
            drawn.epoch = epoch
            yield drawn

    def __len__(self) -> int:
        return len(self.batches)


class Items(Dataset):
    """``x`` of some rows of one's own data sets, laid one after another.

    Args:
        sets: by split; rows count through them in their order.
        plain: the training samples without augmentation, which are read wherever one does not train; None: the same.
        rows: N of them, those that are given here.
        form: how an item is read.
        collate_fn: makes a batch of a list of items; None: ``Form.collate``.
        seed: of what is drawn while a batch is read, with its epoch and its first row.
    """

    def __init__(
        self,
        sets: Mapping[str, Any],
        plain: Any,
        rows: np.ndarray,
        form: Form,
        collate_fn: Callable[[list[Any]], Any] | None,
        seed: int,
    ) -> None:
        self.sets, self.plain, self.rows = list(sets.values()), plain, rows
        self.form, self.collate_fn, self.seed = form, collate_fn, seed
        self.ends = np.cumsum([len(each) for each in self.sets])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: list[int]) -> Any:
        """``x`` of a batch."""
        return self.batch(places)[0]

    def batch(self, places: list[int]) -> tuple[Any, Any]:
        """``x`` and ``y`` of a batch; y is None where items have none.

        Args:
            places: among the N rows; as ``Drawn`` they are trained on.
        """
        training, rows = isinstance(places, Drawn), self.rows[list(places)]
        seed_batch(self.seed, places.epoch if isinstance(places, Drawn) else 0, int(rows[0]) if len(rows) else 0)
        items = self._read(rows, training)
        x, y = self.form.collate(items) if self.collate_fn is None else self.form.parts(self.collate_fn(items))
        return as_float32(x), as_float32(y)

    def _read(self, rows: np.ndarray, training: bool) -> list[Any]:
        split = np.searchsorted(self.ends, rows, side="right")
        starts = np.concatenate([[0], self.ends])[split]
        if len(set(split.tolist())) == 1:  # a data set may read several at once
            several = getattr(self._set(int(split[0]), training), "__getitems__", None)
            if several is not None:
                return list(several((rows - starts).tolist()))
        return [
            self._set(int(which), training)[int(row - start)]
            for which, row, start in zip(split, rows, starts, strict=True)
        ]

    def _set(self, which: int, training: bool) -> Any:
        return self.plain if which == 0 and self.plain is not None and not training else self.sets[which]


class OwnTargets(Dataset):
    """``y`` of some rows, read when it is asked for."""

    def __init__(self, items: Items) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, places: list[int]) -> Any:
        return self.items.batch(places)[1]


class OwnSplit(StackDataset):
    """Batches ``[x, y]`` of a split, each item read once for both.

    Args:
        x: its items.
        y: (N, ...) targets, or ``OwnTargets`` where they stand in the items alone.
    """

    def __init__(self, x: Items, y: Any) -> None:
        super().__init__(x, y)
        self.items = x

    def __getitem__(self, places: Any) -> list[Any]:
        x, y = self.items.batch(places)
        if isinstance(self.datasets[1], Tensor) and self.items.collate_fn is None:
            y = self.datasets[1][list(places)]
        return [x, torch.zeros(len(places), 0) if y is None else y]

    def __getitems__(self, places: list[int]) -> list[Any]:
        return self[places]

    def digest(self) -> int:
        """A number that tells its rows, and their targets where they are known, from others."""
        y = self.datasets[1]
        known = y.numpy().tobytes() if isinstance(y, Tensor) else b""
        return zlib.crc32(np.ascontiguousarray(self.items.rows, dtype=np.int64).tobytes() + known)


def as_float32(value: Any) -> Any:
    """float64, which NumPy makes of most, as float32, in a tensor or in each of a dict."""
    if isinstance(value, dict):
        return {key: as_float32(each) for key, each in value.items()}
    return value.float() if isinstance(value, Tensor) and value.dtype == torch.float64 else value
