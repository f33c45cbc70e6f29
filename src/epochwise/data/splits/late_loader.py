"""A loader that begins when its first batch is asked for."""

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import DataLoader, IterableDataset


class LateLoader(DataLoader):
    """A ``DataLoader`` that begins at the first ``next``, not at ``iter``.

    Lightning makes the iterator while it sets up, before a resumed run knows its epoch; torch's workers would by then
    have been sent the first batches of epoch 0.
    """

    #: called whenever a batch is asked for, by who measures the wait.
    on_next: Callable[[], None] | None = None

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator has all that a loop needs
        if self.on_next:
            self.on_next()
        for batch in self._batches():
            yield batch
            if self.on_next:
                self.on_next()

    def _batches(self) -> Iterator[Any]:
        stream = isinstance(self.dataset, IterableDataset)
        if self.num_workers or self.pin_memory or stream or self.batch_sampler is not None:
            return super().__iter__()
        return (self.collate_fn(self.dataset[batch]) for batch in self.sampler)
