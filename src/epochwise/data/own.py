"""One's own data set: any map-style ``Dataset``, cut, batched and described."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from lightning import LightningDataModule
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, StackDataset

from epochwise.data.pictures.picture_files import channel_statistics
from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.split_data_module import SplitDataModule, shape_of, shapes_of
from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.data.target import Target
from epochwise.input_error import InputError
from epochwise.items.batches import DrawnBatches, Items, OwnSplit, OwnTargets
from epochwise.items.form import Form
from epochwise.items.targets import READ, count_targets, read_targets, shown_kind, target_array


@dataclass(eq=False, kw_only=True)
class Own(SplitDataModule):
    """Any data set with ``__len__`` and ``__getitem__``; what its items are is found in them.

    An item is ``(x, y)``, ``(x, x, ..., y)``, a dict, or ``x`` alone. What is drawn while a training batch is read
    (torch, numpy and Python's ``random``) follows from ``order_seed``, the epoch and its first row, in whatever
    process. The targets of classes, numbers and labels are read once, before training: from ``targets`` of the data
    set, as torchvision's have it, or from all of its items.

    Args:
        train: the training samples. ``groups`` (N,), ``names`` (N) and ``classes`` (C) of it are taken where it has
            them.
        val: those of validation; None: cut out of ``train``.
        test: those of the test; None: cut out of ``train``.
        plain: the samples of ``train`` in their order, without augmentation: read wherever one does not train, so also
            for what was cut out of ``train``. None: ``train`` itself.
        collate_fn: makes a batch of a list of items: ``(x, y)``, a dict, or ``x`` alone. None: torch's own.
        target: kind of target, see ``data.target``; None: what an item shows.
        inputs: names of the inputs, in the order of a tuple, or keys of a dict; None: all but the target.
        target_key: the target's key, where items are dicts; None: y, target, targets, label, labels or mask.
        class_names: C names; None: the data set's ``classes``, or the numbers.
        num_outputs: C, T or V, or what a network for targets of another kind answers; None: found in the targets.
        target_names: T names, of several numbers.
        num_tokens: V, the size of the vocabulary, where ``x`` are tokens; else 0.
        pad_id: fills up rows of tokens of unequal length at their end; None: rows are equally long.
        normalize: bring each channel, or feature, of ``x`` to mean 0 and standard deviation 1 of the training split.

    Raises:
        InputError: what is given is no such data set; or, once it is read, a line for each thing that is missing.
    """

    train: Dataset
    val: Dataset | None = None
    test: Dataset | None = None
    plain: Dataset | None = None
    collate_fn: Callable[[list[Any]], Any] | None = None
    target: Target | None = None
    inputs: list[str] | None = None
    target_key: str | None = None
    class_names: list[str] | None = None
    num_outputs: Annotated[int, Ge(1)] | None = None
    target_names: list[str] | None = None
    num_tokens: Annotated[int, Ge(0)] = 0
    pad_id: Annotated[int, Ge(0)] | None = None
    normalize: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if faults := self.faults():
            raise InputError(*faults)
        self.sets: dict[str, Any] = {
            split: given for split in ("train", "val", "test") if (given := getattr(self, split)) is not None
        }
        self.form = Form(self.inputs, self.target_key, self.pad_id)

    def faults(self) -> list[str]:
        """What is wrong with what was given, a line each."""
        given: dict[str, Any] = {name: getattr(self, name) for name in ("train", "val", "test", "plain")}
        found = [fault for name, each in given.items() if (fault := _set_fault(name, each))]
        if not found and self.plain is not None and len(given["plain"]) != len(given["train"]):
            allowed = f"the {len(given['train'])} of data.train"
            found.append(f"data.plain: got {len(given['plain'])} samples, allowed: {allowed}")
        if self.collate_fn is not None and self.label_noise:
            found.append(
                f"data.label_noise: got {self.label_noise}, but data.collate_fn makes the targets; allowed: 0.0"
            )
        return found

    def setup(self, stage: str | None = None) -> None:
        with isolate_rng():  # what is drawn while items are read is not to be missed by the network
            super().setup(stage)

    def load(self) -> dict[str, Samples]:
        kind, faults = self._kind()
        if faults:
            raise InputError(*faults)
        read = self.sets if kind in READ else {}
        ys = {split: read_targets(each, self.form, self.num_workers) for split, each in read.items()}
        names = self._class_names(kind, ys)
        start, loaded = 0, {}
        for split, each in self.sets.items():
            rows = np.arange(start, start + len(each))
            start += len(each)
            y = target_array(ys[split], kind, names) if split in ys else None
            groups = getattr(each, "groups", None)
            loaded[split] = Samples(
                rows,
                y,
                names,
                list(map(str, getattr(each, "names", ()))),
                None if groups is None else np.asarray(groups),
                kind,
                self.target_names or (),
            )
        return loaded

    def encode(self, x: Any) -> Items:
        return Items(self.sets, self.plain, np.asarray(x), self.form, self.collate_fn, self.order_seed)

    def encode_targets(self, samples: Samples) -> Any:
        return super().encode_targets(samples) if samples.kind in READ else OwnTargets(self.encode(samples.x))

    def stacked(self, x: Any, y: Any) -> StackDataset:
        return OwnSplit(x, y)

    def learn(self, x: Any) -> dict[str, Any]:
        return channel_statistics(self.encode(x)) if self.normalize else {}

    def describe(self, samples: Samples, x: Any) -> Spec:
        shape, shapes = shape_of(x), shapes_of(x)
        if self.pad_id is not None and len(shape) == 1 and not shapes:
            every = (each[place] for each in self.sets.values() for place in range(len(each)))
            shape = (max(len(self.form.parts(item)[0]) for item in every),)  # tokens of the longest row
        found: dict[str, Any] = {"num_tokens": self.num_tokens, "pad_id": self.pad_id or 0}
        if samples.kind in READ:
            return replace(samples.spec(shape, shapes), **found)
        found |= {"input_shapes": shapes, "num_train": len(samples), "class_names": [], "class_counts": []}
        outputs = self.num_outputs or 1
        if samples.kind in ("mask", "tokens"):
            given = (
                self.num_outputs or len(self.class_names or ()) or (self.num_tokens if samples.kind == "tokens" else 0)
            )
            counts = count_targets(x, given, self.num_workers)
            outputs, shares = len(counts), counts[counts > 0] / counts.sum()
            if samples.kind == "tokens":
                found["target_entropy"] = float(-(shares * np.log(shares)).sum())
            else:
                found["class_names"] = self.class_names or [str(label) for label in range(outputs)]
                found["class_counts"] = counts.tolist()
        return Spec(shape, samples.kind or "own", outputs, **found)

    def check_shape(self, x: Any) -> None:
        if self.collate_fn is None and self.pad_id is None:  # else a batch has the shape that its samples ask for
            super().check_shape(x)

    def read(self, path: str) -> tuple[list[str], Any]:
        raise InputError(
            f"predict={path}: how a file becomes a sample, data.train alone knows; allowed: split=all with a data set "
            "of those samples as data.train"
        )

    def _kind(self) -> tuple[Target, list[str]]:
        """The kind of target, and what is missing for it."""
        faults = []
        try:
            items = [self.sets["train"][place] for place in range(min(2, len(self.sets["train"])))]
            x, y = self.form.parts(items[0])
        except ValueError as error:
            return "own", [f"data.train: an item {error}"]
        if (
            y is None
            and self.target is None
            and self.inputs is None
            and isinstance(items[0], dict)
            and len(items[0]) > 1
        ):
            names = ", ".join(map(repr, items[0]))
            faults.append(f"data.target_key: which key of an item is its target? {names}; or none: data.target=own")
        kind, unclear = (self.target, None) if self.target is not None else shown_kind(x, y)
        if unclear:
            faults.append(f"data.target: an item of data.train has {unclear}")
        if kind not in ("own", None) and y is None:
            faults.append(f"data.train: an item has no target for target={kind}; {_keys(items[0])}")
        try:
            batch = self.encode(np.arange(len(items))).batch(list(range(len(items))))
            tensors = list(batch[0].values()) if isinstance(batch[0], dict) else [batch[0]]
            if not all(isinstance(each, Tensor) for each in tensors):
                said = ", ".join(type(each).__name__ for each in tensors if not isinstance(each, Tensor))
                faults.append(f"data.train: a batch has an x of {said}, allowed: tensors, or a dict of them")
            if self.normalize and isinstance(batch[0], dict):
                faults.append("data.normalize: got True, but an item has several inputs; allowed: false")
        except (InputError, RuntimeError, TypeError, ValueError) as error:
            wanted = "a data.collate_fn that does, or items of one shape (data.pad_id=0 fills up rows of tokens)"
            reason = " ".join(str(error.__cause__ or error).split())[:200]
            faults.append(f"data.train: its first two items make no batch ({reason}); give it {wanted}")
        if self.class_names and self.num_outputs not in (None, len(self.class_names)):
            faults.append(f"data.num_outputs: got {self.num_outputs}, but data.class_names has {len(self.class_names)}")
        return kind or "own", faults

    def _class_names(self, kind: str, ys: dict[str, list[Any]]) -> list[str] | None:
        if kind not in ("class", "labels"):
            return None
        every = [y for each in ys.values() for y in each]
        if self.class_names:
            return list(self.class_names)
        if kind == "class" and any(isinstance(y, str) for y in every):
            if other := next((y for y in every if not isinstance(y, str)), None):
                raise InputError(f"data: some targets are names, others numbers such as {other}; allowed: one of both")
            return sorted(set(every))
        found = self.num_outputs or (len(every[0]) if kind == "labels" else int(max(every)) + 1)
        published = getattr(self.train, "classes", None)
        if isinstance(published, (list, tuple)) and len(published) >= found:
            return [str(name) for name in published]
        return [str(label) for label in range(found)]

    def _digest(self, split: str) -> str:
        return f"{len(self.splits[split])}:{self.splits[split].digest()}" if split in self.splits else "0"  # type: ignore[attr-defined]

    def _loader(self, samples: Any, batches: Any) -> DataLoader:
        drawn: Any = DrawnBatches(batches) if isinstance(batches, EpochBatches) else batches
        return super()._loader(samples, drawn)


def _set_fault(name: str, given: Any) -> str | None:
    called = type(given).__name__
    if given is None and name != "train":
        return None
    if isinstance(given, LightningDataModule):
        return f"data.{name}: {called} is a LightningDataModule; use data=own_module"
    if name == "train" and isinstance(given, IterableDataset):
        return f"data.train: {called} is an IterableDataset; use data=own_stream"
    if hasattr(given, "__len__") and hasattr(given, "__getitem__"):
        for called_so in ("names", "groups"):
            if (many := getattr(given, called_so, None)) is not None and len(many) != len(given):
                said = f"{called}.{called_so} has {len(many)} entries, and there are {len(given)} samples"
                return f"data.{name}: {said}; allowed: one for each, or an attribute of another name"
        return None if len(given) else f"data.{name}: {called} is empty"
    missing = " and ".join(each for each in ("__len__", "__getitem__") if not hasattr(given, each))
    return f"data.{name}: {called} has no {missing}; allowed: a data set with both (torch.utils.data.Dataset)"


def _keys(item: Any) -> str:
    if isinstance(item, dict):
        return f"it has the keys {', '.join(map(repr, item))}: name the target's by data.target_key"
    return "allowed: (x, y), or a dict"
