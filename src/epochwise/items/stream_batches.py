"""Training batches of a stream."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import Dataset, get_worker_info

from epochwise.data.splits.late_loader import LateLoader
from epochwise.items.batches import Drawn, DrawnBatches, as_float32
from epochwise.items.form import Form
from epochwise.items.stream import StreamReader


class StreamItems(Dataset):
    """Training batches ``[x, y, kept]`` of a stream, for rows as ``Drawn``: places in an epoch, ascending.

    Every process and worker reads the whole stream and keeps what is its own, so any number of them gives the same
    batches; or, where the stream shards itself, each reads on in its own shard.

    Args:
        reader: of the stream.
        form: how an item is read.
        collate_fn: makes a batch of a list of items; None: ``Form.collate``.
        encode: makes a tensor of a list of targets; None: they stay as they are collated.
        samples_per_epoch: N, where epochs follow each other in the stream.
        shard_batches: (samples of a batch here, samples of it on all devices, batches of an epoch), where the stream
            shards itself.
    """

    def __init__(
        self,
        reader: StreamReader,
        form: Form,
        collate_fn: Callable[[list[Any]], Any] | None,
        encode: Callable[[list[Any]], Any] | None,
        samples_per_epoch: int | None,
        shard_batches: tuple[int, int, int] | None,
    ) -> None:
        self.reader, self.form, self.collate_fn, self.encode = reader, form, collate_fn, encode
        self.samples_per_epoch, self.shard_batches = samples_per_epoch, shard_batches

    def __len__(self) -> int:
        return self.samples_per_epoch or self.reader.count or 0

    def __getitem__(self, rows: Drawn) -> list[Any] | None:
        if not rows:
            return None
        places = list(rows)
        if self.shard_batches is not None:
            size, of_all, num_batches = self.shard_batches
            worker = get_worker_info()
            here, workers = (worker.id, worker.num_workers) if worker else (0, 1)
            first = rows.epoch * len(range(here, num_batches, workers)) + places[0] // of_all // workers
            places = list(range(first * size, (first + 1) * size))
        elif self.samples_per_epoch is not None:
            places = [rows.epoch * self.samples_per_epoch + place for place in places]
        items = self.reader.read(rows.epoch, places, rows.kept)
        if self.collate_fn is not None:
            x, y = self.form.parts(self.collate_fn(items))
        else:
            x, y = self.form.collate(items)
            if self.encode is not None:
                y = self.encode([self.form.parts(item)[1] for item in items])
        y = torch.zeros(len(items), 0) if y is None else y
        state = self.reader.state() if self.shard_batches is None else None
        return [as_float32(x), as_float32(y), Kept(rows.epoch, rows[-1] + 1, state)]


class Kept:
    """What a stream is to be given to go on behind a batch: its epoch, the samples that were taken, its state."""

    def __init__(self, epoch: int, taken: int, state: dict[str, Any] | None) -> None:
        self.epoch, self.taken, self.state = epoch, taken, state


class StreamBatches(DrawnBatches):
    """Which places of a stream stand in a batch; the first of them carry what was kept when the run ended.

    Args:
        batches: places in their order.
        kept: asked when an iteration begins.
        workers: that read in turn. Of a stream that shards itself the first batch goes to the worker that would have
            had it; else 0.
        readers: workers that all need what was kept.
    """

    def __init__(self, batches: Any, kept: Callable[[], Any], workers: int, readers: int) -> None:
        super().__init__(batches)
        self.kept, self.workers, self.readers = kept, workers, readers

    def __iter__(self) -> Iterator[Drawn]:  # type: ignore[override]  # a batch at a time, where torch's gives a sample
        kept = self.kept()
        for number, rows in enumerate(super().__iter__()):
            if number == 0 and self.workers:
                batch = rows[0] // (self.batches.batch_size * self.batches.world_size)
                yield from (Drawn() for _ in range(batch % self.workers))
            rows.kept = kept if number < self.readers else None
            yield rows


class StreamLoader(LateLoader):
    """Takes what the stream kept out of its batches, and knows the last of it."""

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator has all that a loop needs
        for batch in super().__iter__():
            if batch is None:
                continue
            if isinstance(batch[-1], Kept):
                *batch, kept = batch
                if kept.state is not None:
                    self.last = [*getattr(self, "last", [])[-3:], kept]  # a checkpoint may be one batch behind
            yield batch
