"""A data set cut into train, val and test, once and by its own seed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt, Le, Lt
from torch.utils.data import DataLoader, StackDataset

from epochwise.data.pictures.picture_files import channel_statistics, own_pictures
from epochwise.data.pictures.picture_view import WHITE, PictureView
from epochwise.data.samples import Samples, fewer_samples, noisy_labels
from epochwise.data.spec import Spec, state_of, take_state
from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.data.splits.split_samples import fold_samples, join_samples, split_samples
from epochwise.input_error import InputError


def shapes_of(x: Any) -> dict[str, tuple[int, ...]]:
    """The shape of one sample of each of several inputs, by name; empty for one input."""
    one = x[[0]]
    return {name: tuple(each.shape[1:]) for name, each in one.items()} if isinstance(one, dict) else {}


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of one sample, or of the first of its inputs."""
    one = x[[0]]
    return tuple((next(iter(one.values())) if isinstance(one, dict) else one).shape[1:])


class Split(StackDataset):
    """Batches ``(x, y)`` of a split, for a list of indices.

    What is held in memory is cut from one tensor, in a tenth of the time that torch takes to do so by a list.
    """

    is_cut = True  # see ``device.kept_samples``

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, list):
            return super().__getitem__(index)
        rows = torch.tensor(index, dtype=torch.int64)
        return tuple(
            each.index_select(0, rows) if isinstance(each, torch.Tensor) else each[index] for each in self.datasets
        )


@dataclass(eq=False, kw_only=True)
class SplitDataModule(BatchedDataModule, ABC):
    """What all data sets here have in common. One's own gives ``load``, and the rest only where it is no array.

    What is learned from the training split (``spec``, and ``learned`` by ``learn``) travels in the checkpoint. Loaded
    from there it is not learned again, so other data is shown to a network as the data it was trained on.

    Args:
        val_fraction: share of the training samples held out as ``val``, where no ``val`` is published.
        test_fraction: share of the training samples held out as ``test``, where no ``test`` is published.
        split_seed: of the cut; apart from the run's seed, so that all runs share one.
        in_order: the samples stand in the order of time: ``test`` is the last of them, ``val`` the last of the rest.
        splitter: of scikit-learn; cuts ``train`` and ``val`` together into folds. None: ``val`` is cut out once.
        fold: the one that is ``val``, from 0. None: with a splitter all folds are trained on, and ``val`` is empty.
        max_train_samples: training samples that are kept, each class in its proportion; None keeps all.
        label_noise: share of the training labels that are drawn anew, in [0, 1]; those of val and test stay right.
    """

    val_fraction: Annotated[float, Gt(0), Lt(1)] = 0.15
    test_fraction: Annotated[float, Gt(0), Lt(1)] = 0.15
    split_seed: Annotated[int, Ge(0)] = 0
    in_order: bool = False
    splitter: Any = None
    fold: Annotated[int, Ge(0)] | None = None
    max_train_samples: Annotated[int, Ge(1)] | None = None
    label_noise: Annotated[float, Ge(0), Le(1)] = 0.0
    raw = False  # rows of a table as they are, for an exported network, which encodes them itself

    def __post_init__(self) -> None:
        super().__post_init__()
        self.spec: Spec | None = None
        self.names: dict[str, list[str]] = {}
        self.view = PictureView(background=WHITE)  # of picture files; a network that is loaded brings its own

    @abstractmethod
    def load(self) -> dict[str, Samples]:
        """Read the samples: ``train``, and ``val`` and ``test`` where they are published."""

    def learn(self, x: Any) -> dict[str, Any]:
        """Learn plain values from ``x`` of the training split; ``mean`` and ``std`` among them normalise batches."""
        return channel_statistics(self.encode(x))

    def encode(self, x: Any) -> Any:
        """Turn the ``x`` of N samples into what gives a tensor (B, ...), uint8 or float32, for a list of indices."""
        x = torch.from_numpy(x)
        return x if x.dtype == torch.uint8 else x.float()

    def encode_targets(self, samples: Samples) -> Any:
        """Turn the targets of N samples into what gives a tensor (B, ...) for a list of indices; ``spec`` is set."""
        assert self.spec is not None
        return samples.targets(self.spec)

    def purged(self, splits: dict[str, Samples]) -> dict[str, Samples]:
        """Leave out samples of one split that would tell of another's; of samples that stand for themselves, none."""
        return splits

    def stacked(self, x: Any, y: Any) -> StackDataset:
        """A split whose batches are ``[x, y]``, from what was encoded of both."""
        return Split(x, y)

    def check_shape(self, x: Any) -> None:
        """Hold the shape of samples against those that the network was made for; ``spec`` is set.

        Raises:
            InputError: they have another one.
        """
        assert self.spec is not None
        trained = tuple(self.spec.input_shape)
        if not self.raw and self.spec.num_tokens == 0 and (shape := shape_of(x)) != trained:
            raise InputError(f"data: the samples have the shape {shape}; the network was trained on {trained}")

    def describe(self, samples: Samples, x: Any) -> Spec:
        """What a network needs to know of the training split.

        Args:
            samples: N of them.
            x: theirs, encoded.
        """
        return samples.spec(shape_of(x), shapes_of(x))

    def read(self, path: str) -> tuple[list[str], Any]:
        """Read one's own samples without targets: their N names and their ``x``, encoded."""
        pictures = own_pictures(path, self.spec.input_shape if self.spec else (), self.view)
        return pictures.paths, pictures

    def setup(self, stage: str | None = None) -> None:
        """Load, cut and encode the data, once, and publish ``spec``.

        Args:
            stage: ``all`` takes every sample, published splits one after another, as one uncut split of that name.

        Raises:
            InputError: the data cannot be used, or does not fit what was learned before.
        """
        if self.splits:
            return
        cut, given = (self.test_fraction, self.split_seed, self.in_order), self.load()
        if stage == "all":
            splits = {"all": join_samples(given)}
        elif self.splitter is None and self.fold is None:
            splits = split_samples(given, self.val_fraction, *cut)
        else:
            splits = fold_samples(given, self.splitter, self.fold, *cut)
        if stage != "all":
            splits = self.purged(splits)
        if stage != "all" and self.label_noise:  # before fewer are kept: a sample has one label in all runs
            splits["train"] = noisy_labels(splits["train"], self.label_noise, self.split_seed)
        if stage != "all" and self.max_train_samples is not None:
            splits["train"] = fewer_samples(splits["train"], self.max_train_samples, self.split_seed)
        if self.spec is None:
            train = splits["all" if stage == "all" else "train"]
            self.learned = self.learn(train.x)
            self.spec = self.describe(train, self.encode(train.x))
        for split, samples in splits.items():
            x = self.encode(samples.x)
            if len(samples):
                self.check_shape(x)
            self.splits[split] = self.stacked(x, self.encode_targets(samples))
            self.names[split] = samples.names

    @property
    def num_samples(self) -> dict[str, int]:
        """Samples in ``train``, ``val`` and ``test``."""
        return {split: len(self.splits[split]) for split in ("train", "val", "test")}

    def sample_names(self, split: str) -> list[str]:
        """The names of the samples of a split, in the order of evaluation."""
        return self.names[split]

    def predict_data(self, path: str) -> tuple[list[str], DataLoader]:
        """Read one's own samples without targets; what was learned must have been learned or loaded before.

        Args:
            path: a picture or a folder of pictures; what else, a subclass says.

        Returns:
            The N names, and batches of ``x`` alone, (B, ...), in their order.

        Raises:
            InputError: nothing is there, or it cannot be read.
        """
        names, x = self.read(path)
        return names, self.dataloader_of(x)

    def state_dict(self) -> dict[str, Any]:
        """What was learned, and how picture files are seen, as plain values; empty before ``setup``."""
        return state_of(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what was learned. Data that is set up already is read again where that differs.

        Raises:
            InputError: it is not what a data module writes, or that data does not fit.
        """
        take_state(self, state_dict)
