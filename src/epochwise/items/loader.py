"""Batches of somebody else's ``DataLoader``, in an order that can be taken up again."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from epochwise.items.stream import StreamReader
from epochwise.task.meters import count_samples


class Ready(list[Any]):
    """A batch ``[x, y]`` that has been on its device already."""


class SeededBatches:
    """A training loader whose draws (torch, numpy, ``random``, its own generators) follow from (seed, epoch).

    A run that goes on reads again the batches that it has taken.

    Args:
        loader: gives the batches of an epoch.
        seed: of its draws.
        num_batches: the next so many batches are an epoch; None: a pass of the loader, which knows its length.
        place: asked when an iteration begins: the epoch, and the batches of it that have been taken.
    """

    def __init__(
        self, loader: Any, seed: int, num_batches: int | None, place: Callable[[], tuple[int, int]] | None
    ) -> None:
        self.loader, self.place, self.epoch = loader, place, 0
        self.each = num_batches
        self.num_batches = num_batches or len(loader)
        self.reader = StreamReader(SeededLoader(loader), seed, None if num_batches else self.num_batches)
        #: called whenever a batch is asked for, by who measures the wait.
        self.on_next: Callable[[], None] | None = None

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> Iterator[Any]:
        epoch, taken = self.place() if self.place else (0, 0)
        for place in range(taken, self.num_batches):
            if self.on_next:
                self.on_next()
            (batch,) = self.reader.read(epoch, [place + epoch * (self.each or 0)])
            yield batch


class SeededLoader:
    """A loader whose generators begin anew where a pass does."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def __iter__(self) -> Iterator[Any]:
        for generator in own_generators(self.loader):
            generator.manual_seed(int(torch.randint(2**62, ())))
        return iter(self.loader)

    def set_epoch(self, epoch: int) -> None:
        for part in (getattr(self.loader, "dataset", None), *samplers(self.loader)):
            if hasattr(part, "set_epoch"):
                part.set_epoch(epoch)


def samplers(loader: Any) -> list[Any]:
    """Those that a loader has, also within another."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    found = [getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None)]
    return list({id(each): each for each in found if each is not None}.values())


def own_generators(loader: Any) -> list[torch.Generator]:
    """Generators that a loader was given."""
    parts = [getattr(part, "generator", None) for part in (loader, *samplers(loader))]
    return [part for part in parts if isinstance(part, torch.Generator)]


class LoaderSplit(Dataset):
    """A split of a loader, as evaluation asks for it: how many samples, and their targets.

    Args:
        loader: gives batches in the order of evaluation.
        ready: makes ``[x, y]`` of a batch.
    """

    def __init__(self, loader: Any, ready: Callable[[Any], list[Any]]) -> None:
        self.loader, self.ready = loader, ready
        self.targets: list[Any] = []

    def __len__(self) -> int:
        return sum(map(count_samples, self._read()))

    @property
    def datasets(self) -> tuple[None, Any]:
        """No x; and the targets (N, ...), read batch by batch, once; a list of batches where they are no tensors."""
        ys = self._read()
        return None, torch.cat(ys) if all(isinstance(y, Tensor) for y in ys) else ys

    def _read(self) -> list[Any]:
        self.targets = self.targets or [self.ready(batch)[1] for batch in self.loader]
        return self.targets
