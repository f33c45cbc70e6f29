"""One's own stream: any ``IterableDataset``."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Ge
from lightning.pytorch.utilities.seed import isolate_rng
from torch.utils.data import DataLoader

from epochwise.data.own import Own
from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.device.kept_samples import check_kept
from epochwise.input_error import InputError
from epochwise.items.shards import beginning, check_shards, tell_shards
from epochwise.items.stream import StreamReader, has_state
from epochwise.items.stream_batches import StreamBatches, StreamItems, StreamLoader
from epochwise.items.targets import READ, Telling, plain_target, target_array


@dataclass(eq=False, kw_only=True)
class OwnStream(Own):
    """Any data set with ``__iter__`` alone; its order is its own, its items are those of ``data.own``.

    Every process and every worker reads the whole stream and keeps each batch that is its own, so that the batches are
    the same with any number of them and no sample counts twice. What the stream draws (torch, numpy, ``random``)
    follows from ``order_seed`` and the pass, and so does ``set_epoch(pass)`` where it has one. A run that goes on
    reads again up to its place, or, where the stream has ``state_dict`` and ``load_state_dict``, goes on at once.

    Validation and test are read into memory, and so are the first training samples, which ``train_eval`` scores.

    Args:
        train: a stream. Where ``samples_per_epoch`` is null, each pass gives as many samples.
        val: a finite stream, or a map-style data set.
        test: likewise.
        samples_per_epoch: N, the next N samples of the stream, which begins anew where it ends; null: an epoch is a
            pass, whose samples are counted before the first step.
        kept_samples: the first of the training samples, held in memory: for ``train_eval``, and, where a pass is not
            counted, for what the spec says of classes.
        shards_itself: the stream gives each worker and each process samples of its own. It is told where they begin
            alike. Needs ``samples_per_epoch``; batches are then those of this number of workers.

    Raises:
        InputError: a split is missing, or a setting is for data that can be cut; or see ``data.own``.
    """

    train: Any
    val: Any = None
    test: Any = None
    shuffle: bool = False
    samples_per_epoch: Annotated[int, Ge(2)] | None = None
    kept_samples: Annotated[int, Ge(2)] = 256
    shards_itself: bool = False
    loader_class: ClassVar[type[StreamLoader]] = StreamLoader

    def __post_init__(self) -> None:
        super().__post_init__()
        self.count = self.samples_per_epoch or 0
        self.first_state: Any = deepcopy(self.train.state_dict()) if has_state(self.train) else None
        self.every: list[Any] | None = None  # the targets of a pass, where it was counted
        self.stream: StreamItems | None = None
        self.kept: dict[str, Any] | None = None
        self.loader: Any = None

    def faults(self) -> list[str]:
        found = []
        for name in ("train", "val", "test"):
            given = getattr(self, name)
            if given is None or not (hasattr(given, "__iter__") or hasattr(given, "__getitem__")):
                said = (
                    "is missing, and a stream is not cut"
                    if given is None
                    else f"{type(given).__name__} has no __iter__"
                )
                allowed = "an IterableDataset" if name == "train" else "one with an end, or a map-style data set"
                found.append(f"data.{name}: {said}; allowed: {allowed}")
        if self.splitter is not None or self.fold is not None:
            instead = "data=own with a data set that has __len__ and __getitem__, or train.py, search.py, epochs.py"
            found.append(f"data: a stream is not cut, so there are no folds; allowed: {instead}")
        uncut = {"plain": None, "max_train_samples": None, "label_noise": 0.0}
        for name, none in (uncut | {"shuffle": False, "in_order": False}).items():
            if (given := getattr(self, name, None)) != none:
                found.append(f"data.{name}: got {given!r}, but a stream has no indices; allowed: {none}")
        if self.shards_itself and self.samples_per_epoch is None:
            found.append("data.samples_per_epoch: a stream that shards itself needs it, since a pass is not counted")
        return found

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        if stage == "all":
            raise InputError("split=all: a stream is read on and on; allowed: train, val, test")
        with isolate_rng():
            check_shards(self.train, self.order_seed, self.num_workers, self.shards_itself)
            self._read()
            given = self.load()
            if self.spec is None:
                self.learned = self.learn(given["train"].x)
                self.spec = self.describe(given["train"], self.encode(given["train"].x))
            for split, samples in given.items():
                x = self.encode(samples.x)
                self.check_shape(x)
                self.splits[split] = self.stacked(x, self.encode_targets(samples))
                self.names[split] = samples.names
        kind = self.spec.target if self.collate_fn is None else None
        counted = None if self.samples_per_epoch else self.count
        self.stream = StreamItems(
            StreamReader(self.train, self.order_seed, counted, self.first_state),
            self.form,
            self.collate_fn,
            self.encode_list if kind in READ else None,
            self.samples_per_epoch,
            None,
        )

    def encode_list(self, ys: list[Any]) -> torch.Tensor:
        """The targets of a list of samples, as a network with ``spec`` counts them."""
        assert self.spec is not None
        names = self.spec.class_names or None
        samples = Samples(np.arange(len(ys)), target_array(list(map(plain_target, ys)), self.spec.target, names), names)
        if self.spec.target == "labels":
            return torch.as_tensor(samples.y, dtype=torch.float32)
        return samples.targets(self.spec)

    def train_dataloader(self) -> DataLoader:
        assert self.stream is not None
        check_kept(self.stream, self.keep_on_device, self.num_workers)
        world = self._world_size
        position = self._taken if self.trainer is not None else None
        drop_last = self.drop_last or self.shards_itself
        batches = EpochBatches(
            self.count,
            self.batch_size,
            0,
            shuffle=False,
            drop_last=drop_last,
            rank=self._rank,
            world_size=world,
            position=position,
        )
        trainer: Any = self.trainer
        if trainer is not None and getattr(trainer, "overfit_batches", False):
            raise InputError("trainer.overfit_batches: a stream gives no batch twice; allowed: 0")
        if self.shards_itself:
            self.stream.shard_batches = (self.batch_size, self.batch_size * world, len(batches))
        if trainer is not None and world > 1:
            here = torch.tensor(float(beginning(self.train, self.order_seed, self.first_state)), dtype=torch.float64)
            every: Any = trainer.strategy.all_gather(here)
            tell_shards("process", bool((every == every[0]).all()), type(self.train).__name__, self.shards_itself)
        readers = max(1, self.num_workers)
        given: Any = StreamBatches(batches, lambda: self.kept, readers if self.shards_itself else 0, readers)
        self.loader = super()._loader(self.stream, given)
        return self.loader

    @property
    def an_epoch_is(self) -> str:
        """In words, which samples an epoch has; nothing where it is a pass."""
        return "the next of the stream" if self.samples_per_epoch else ""

    @property
    def num_samples(self) -> dict[str, int]:
        return super().num_samples | {"train": self.count}

    def describe(self, samples: Samples, x: Any) -> Spec:
        if self.every is None or samples.kind not in READ:
            return replace(super().describe(samples, x), num_train=self.count)
        y = target_array(self.every, samples.kind, list(samples.class_names) if samples.class_names else None)
        whole = replace(samples, x=np.arange(len(y)), y=y, names=[])
        return super().describe(whole, x)

    def _class_names(self, kind: str, ys: dict[str, list[Any]]) -> list[str] | None:
        return super()._class_names(kind, ys if self.every is None else ys | {"train": self.every})

    def state_dict(self) -> dict[str, Any]:
        found = super().state_dict()
        kept = self._last_kept()
        return found | ({"stream": kept} if found and kept is not None else {})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.kept = state_dict.get("stream")
        self.loader = None
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "stream"})

    def _last_kept(self) -> dict[str, Any] | None:
        if self.trainer is None or self.loader is None:
            return self.kept
        now = self._taken()
        known = [each.state for each in getattr(self.loader, "last", []) if (each.epoch, each.taken) <= now]
        return known[-1] if known else self.kept

    def _read(self) -> None:
        """Read the held-out samples and the first training samples into memory, and count a pass where it is asked."""
        for split in ("val", "test"):
            given: Any = getattr(self, split)
            if not (hasattr(given, "__getitem__") and hasattr(given, "__len__")):
                self.sets[split] = self._listed(given, None)
            if not len(self.sets[split]):
                raise InputError(f"data.{split}: {type(given).__name__} gives no sample")
        self.sets["train"] = self._listed(self.train, self.kept_samples)
        if not self.sets["train"]:
            raise InputError(f"data.train: {type(self.train).__name__} gives no sample")
        if self.samples_per_epoch is None:
            self._count()

    def _listed(self, stream: Any, most: int | None) -> list[Any]:
        first = self.first_state if stream is self.train else None
        return list(StreamReader(stream, self.order_seed, None, first).first(most))

    def _count(self) -> None:
        """Count a pass, with its targets."""
        self.every = []
        spares = "data.samples_per_epoch=N spares that, and is needed where it has no end"
        tells = Telling("data.train: its samples are being counted", spares)
        for item in StreamReader(self.train, self.order_seed, None, self.first_state).first():
            self.every.append(plain_target(self.form.parts(item)[1]))
            tells.count(len(self.every))
        self.count = len(self.every)

    def _digest(self, split: str) -> str:
        return super()._digest(split) + (f" {self.count}" if split == "train" else "")
