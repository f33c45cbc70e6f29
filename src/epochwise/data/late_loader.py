"""A loader that does not read ahead before it is asked."""

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import DataLoader


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
        for batch in super().__iter__():
            yield batch
            if self.on_next:
                self.on_next()
