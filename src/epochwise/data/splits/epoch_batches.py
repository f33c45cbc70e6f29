"""The order of samples: of training in an epoch, and of scoring on several processes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch.utils.data import SequentialSampler

from epochwise.epochs.plan import count_batches, count_samples_in_batches
from epochwise.input_error import InputError


class EvenBatches(SequentialSampler):
    """The evaluation batches of one device, for ``DataLoader(dataset, sampler=..., batch_size=None)``.

    The samples stand in their fixed order, cut as evenly as possible into runs for the devices and then into batches.
    No sample is repeated to fill up, so scores are those of the samples there are. Every device gets the same number of
    batches, none of them empty: DDP sends buffers round in every forward pass, and a device that is done early would
    leave the others waiting.

    It is a ``SequentialSampler`` in name only: Lightning replaces any other kind under ``trainer.overfit_batches``.

    Args:
        num_samples: N, at least the number of devices.
        batch_size: samples a device takes in one batch at most, at least 1; with 1 and an N that does not divide by the
            number of devices a batch may hold 2.
        rank: this device, in [0, world_size).
        world_size: number of devices.

    Raises:
        InputError: fewer samples than devices.
    """

    def __init__(self, num_samples: int, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        super().__init__(range(num_samples))
        if num_samples < world_size:
            raise InputError(f"data: {num_samples} sample(s) cannot be split over {world_size} devices")
        largest_run = -(-num_samples // world_size)
        self.num_batches = min(-(-largest_run // batch_size), num_samples // world_size)
        self.run = np.array_split(np.arange(num_samples), world_size)[rank]

    def __iter__(self) -> Iterator[list[int]]:  # type: ignore[override]  # a batch at a time, where torch's gives a sample
        for batch in np.array_split(self.run, self.num_batches):
            yield batch.tolist()

    def __len__(self) -> int:
        return self.num_batches


class EpochBatches(SequentialSampler):
    """The training batches of one device, for ``DataLoader(dataset, sampler=..., batch_size=None)``.

    The order of an epoch is a function of ``(seed, epoch)`` and nothing is stored, so a resumed run goes on as an
    uninterrupted one. A global batch is ``batch_size * world_size`` samples of that order, and device ``rank`` takes
    every ``world_size``-th of them: as long as the product is the same, any number of devices sees the same global
    batches. The last one may be smaller. A remainder that would give a device a single sample, on which BatchNorm
    cannot train, or none, goes with the batch before, which then has up to ``2 * world_size - 1`` samples more; there
    alone the global batches depend on the number of devices. With a ``batch_size`` of 1 no batch has more than a sample
    of each device, as was asked for, and a remainder that does not give each one is left out of that epoch.

    Where the last global batch does not divide by the number of devices, some devices have one sample more than others:
    DDP's mean over devices is then the mean over samples only for a task that weights each device's loss by its
    samples, as ``task.supervised`` does.

    It is a ``SequentialSampler`` in name only: Lightning replaces any other kind under ``trainer.overfit_batches``.

    Args:
        num_samples: N, at least 1.
        batch_size: samples a device takes in one batch, at least 1.
        seed: of the order, at least 0.
        shuffle: a new order each epoch; else the order of the data set, every epoch.
        drop_last: leave out the last global batch where it is not full.
        rank: this device, in [0, world_size).
        world_size: number of devices.
        position: asked when an iteration begins: the epoch, and how many of its samples all devices have taken before a
            resume, maybe in batches of another size. None: the epoch that was set, from its first sample.
        order_of: the order of an epoch, from 0, of which parts are asked for as ``order[start:stop]``; in place of one
            that is drawn as a whole.

    Raises:
        InputError: no batch at all, because the samples are too few for one.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        rank: int = 0,
        world_size: int = 1,
        position: Callable[[], tuple[int, int]] | None = None,
        order_of: Callable[[int], Any] | None = None,
    ) -> None:
        super().__init__(range(num_samples))
        self.num_samples = num_samples
        self.order_of = order_of
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.world_size = world_size
        self.position = position
        self.epoch = 0
        self.num_batches = count_batches(num_samples, batch_size, world_size, drop_last)
        if self.num_batches == 0:
            raise InputError(
                f"data.batch_size={batch_size} on {world_size} device(s) with data.drop_last={drop_last}: the "
                f"{num_samples} training sample(s) do not make one batch, of at least 2 on each device"
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, whose batches the next iteration gives. Lightning's loop calls it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:  # type: ignore[override]  # a batch at a time, where torch's gives a sample
        epoch, taken = self.position() if self.position else (self.epoch, 0)
        order = self._drawn(epoch) if self.order_of is None else self.order_of(epoch)
        size = self.batch_size * self.world_size
        of_rest = self.num_samples - taken, self.batch_size, self.world_size, self.drop_last
        left, end = count_batches(*of_rest), taken + count_samples_in_batches(*of_rest)
        for number in range(left):
            start = taken + number * size
            stop = end if number == left - 1 else start + size
            yield order[start:stop][self.rank :: self.world_size].tolist()

    def __len__(self) -> int:
        return self.num_batches

    def _drawn(self, epoch: int) -> np.ndarray:
        order = np.arange(self.num_samples)
        return np.random.default_rng((self.seed, epoch)).permutation(order) if self.shuffle else order
