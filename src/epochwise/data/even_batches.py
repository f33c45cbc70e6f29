"""Evaluation batches: every sample exactly once, the same number of batches on every device."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import SequentialSampler

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
