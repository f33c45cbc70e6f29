"""Workers that read pictures, as many as pay."""

from dataclasses import dataclass
from time import perf_counter
from typing import Annotated, Any, Literal

from annotated_types import Ge
from lightning.pytorch.utilities.rank_zero import rank_zero_info
from torch.utils.data import DataLoader

from epochwise.data.pictures.picture_cache import num_cores
from epochwise.data.splits.batched_data_module import BatchedDataModule

#: A batch that is read faster than workers hand one over, with a margin, in seconds; and what a byte more of it takes.
QUICK_BATCH, HANDED_BYTE = 0.01, 1e-9


@dataclass(eq=False, kw_only=True)
class MeasuredWorkers(BatchedDataModule):
    """What all data sets that read while one trains have in common.

    Args:
        num_workers: processes that read batches. ``auto``: none where they lie in this process's memory or a batch is
            read in less than 10 ms and one more a MB, which is measured; else one a core, four at most.
    """

    num_workers: Annotated[int, Ge(0)] | Literal["auto"] = "auto"  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._seconds: float | None = None  # that a batch takes to read
        self._quick = QUICK_BATCH  # what none need take
        self._said: int | None = None  # of ``auto``

    @property
    def lies_in_memory(self) -> bool:
        """Whether what is read is kept in this process."""
        return False

    @property
    def fills_a_cache(self) -> bool:
        """Whether what is read once may be there sooner the next time."""
        return False

    def _loader(self, samples: Any, batches: Any) -> DataLoader:
        asked, self.num_workers = self.num_workers, self._workers(samples)
        try:
            return super()._loader(samples, batches)
        finally:
            self.num_workers = asked

    def _workers(self, samples: Any) -> int:
        """Those that are asked for, or that pay by how long a batch from all over takes, which is measured."""
        if self.num_workers != "auto":
            return self.num_workers
        if self.lies_in_memory or not len(samples):
            return 0
        if self._seconds is None:
            count = min(self.batch_size, len(samples))
            places = [place * len(samples) // count for place in range(count)]
            self._seconds, x = _seconds(samples, places)
            self._quick = QUICK_BATCH + HANDED_BYTE * getattr(x, "nbytes", 0)
            if self._seconds >= self._quick and self.fills_a_cache:  # that of later epochs, as far as there is room
                self._seconds, _ = _seconds(samples, places)
        # Each time: before there is a Trainer, one does not know of the other processes.
        found = 0 if self._seconds < self._quick else max(1, min(4, num_cores() // self._world_size))
        if found != self._said:
            self._said = found
            rank_zero_info(f"data.num_workers={found}: a batch takes {1000 * self._seconds:.0f} ms to read")
        return found


def _seconds(samples: Any, places: list[int]) -> tuple[float, Any]:
    """How long a batch takes to read, and its ``x``."""
    begun = perf_counter()
    batch = samples[places]
    return perf_counter() - begun, batch[0] if isinstance(batch, (list, tuple)) else batch
