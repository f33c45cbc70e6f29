"""The order of an epoch of many samples, drawn a window of them at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np


class WindowOrder:
    """The order of a pass over N samples: ``order[start:stop]`` is an array of sample numbers.

    Up to ``window`` samples are shuffled as one, as ``EpochBatches`` does, so that the batches are those of data that
    is held in memory. Of more, blocks of neighbours are shuffled, and then the samples within each window of blocks:
    what is read in a while lies in a few places, and no more than a window's numbers are held.

    Args:
        num_samples: N, at least 1.
        seed: of the order, with ``epoch``, each at least 0.
        epoch: from 0.
        window: samples that are shuffled together, at least 1.
        block: neighbours that stay in one window, at least 1.
    """

    def __init__(self, num_samples: int, seed: int, epoch: int, window: int, block: int) -> None:
        self.num_samples, self.seed, self.epoch, self.block = num_samples, seed, epoch, block
        self.drawn: dict[int, np.ndarray] = {}
        drawn = np.random.default_rng((seed, epoch))
        if window >= num_samples:
            self.blocks = np.zeros((1, 1), dtype=np.int64)
            self.ends = np.array([num_samples])
            self.drawn[0] = drawn.permutation(np.arange(num_samples))
            return
        blocks = drawn.permutation(-(-num_samples // block))
        together = max(1, window // block)
        self.blocks = np.pad(blocks, (0, -len(blocks) % together), constant_values=-1).reshape(-1, together)
        sizes = np.where(self.blocks < 0, 0, np.minimum(block, num_samples - self.blocks * block))
        self.ends = np.cumsum(sizes.sum(axis=1))

    def __len__(self) -> int:
        return self.num_samples

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(self.num_samples)
        found = []
        while start < stop:
            window = int(np.searchsorted(self.ends, start, side="right"))
            begin = int(self.ends[window - 1]) if window else 0
            found.append(self._drawn(window)[start - begin : stop - begin])
            start = int(self.ends[window])
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _drawn(self, window: int) -> np.ndarray:
        if window not in self.drawn:
            self.drawn = {kept: order for kept, order in self.drawn.items() if kept == window - 1}
            blocks = self.blocks[window][self.blocks[window] >= 0]
            rows = (blocks[:, None] * self.block + np.arange(self.block)).ravel()
            rows = rows[rows < self.num_samples]
            self.drawn[window] = np.random.default_rng((self.seed, self.epoch, window)).permutation(rows)
        return self.drawn[window]


class OrderOfPasses:
    """The order of an epoch that is the next N samples of passes over all of them, one after another.

    Each pass has an order of its own and gives every sample once, wherever epochs begin and end.

    Args:
        samples_per_epoch: N, at least 1.
        epoch: from 0; it begins with place ``epoch * N``.
        pass_order: the order of a pass, counted from 0: ``order[start:stop]`` is an array of sample numbers.
    """

    def __init__(self, samples_per_epoch: int, epoch: int, pass_order: Callable[[int], Any]) -> None:
        self.samples_per_epoch, self.epoch, self.pass_order = samples_per_epoch, epoch, pass_order
        self.passes: dict[int, Any] = {}

    def __len__(self) -> int:
        return self.samples_per_epoch

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(self.samples_per_epoch)
        begin = self.epoch * self.samples_per_epoch
        start, stop, found = begin + start, begin + stop, []
        while start < stop:
            order, place = self._at(start)
            taken = order[place : place + stop - start]
            found.append(taken)
            start += len(taken)
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _at(self, place: int) -> tuple[Any, int]:
        """The pass of a place, and the place within it."""
        if not self.passes:
            self.passes[0] = self.pass_order(0)
        size = len(next(iter(self.passes.values())))
        number, within = divmod(place, size)
        if number not in self.passes:
            self.passes = {number: self.pass_order(number)}
        return self.passes[number], within
