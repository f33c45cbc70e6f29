"""Samples: an input and a target each; joined, thinned out, with labels made wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from epochwise.data.spec import Spec
from epochwise.input_error import InputError


@dataclass
class Samples:
    """N samples with their targets.

    Args:
        x: N rows of anything that scikit-learn can split: an array (N, ...), a DataFrame, a list of paths.
        y: (N,) class indices in [0, C), or finite numbers.
        class_names: C names; None where the target is a number.
        names: N names, by which a prediction is found again; the row's number, from 0, where none are given.
        groups: (N,) what each sample belongs to, such as a patient; samples of one group are never torn apart. None
            where each stands for itself.

    Raises:
        InputError: a label out of range, or a number that is not finite.
    """

    x: Any
    y: np.ndarray
    class_names: Sequence[str] | None = None
    names: list[str] = field(default_factory=list)
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        self.y = np.asarray(self.y)
        self.names = self.names or [str(row) for row in range(len(self.y))]
        if self.class_names is None:
            wrong, allowed = ~np.isfinite(self.y), "a finite number"
        else:
            wrong, allowed = (self.y < 0) | (self.y >= len(self.class_names)), f"0 to {len(self.class_names) - 1}"
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(f"data: the target of sample {self.names[row]!r} is {self.y[row]}; allowed: {allowed}")

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: np.ndarray) -> "Samples":
        """Those of the given rows, in that order."""
        if hasattr(self.x, "iloc"):
            x = self.x.iloc[rows]
        else:
            x = self.x[rows] if isinstance(self.x, np.ndarray) else [self.x[row] for row in rows]
        groups = None if self.groups is None else self.groups[rows]
        return Samples(x, self.y[rows], self.class_names, [self.names[row] for row in rows], groups)

    def spec(self, input_shape: Sequence[int]) -> Spec:
        """What a network needs to know of these samples, the training split, when one has the shape ``input_shape``.

        Raises:
            InputError: fewer than two classes.
        """
        shape = tuple(int(size) for size in input_shape)
        if self.class_names is None:
            return Spec(shape, "number", 1, [], [], float(self.y.mean()), float(self.y.std()) or 1.0)
        if len(self.class_names) < 2:
            raise InputError(f"data: {list(self.class_names)} is not a choice; at least two classes are needed")
        counts = np.bincount(self.y, minlength=len(self.class_names)).tolist()
        return Spec(shape, "class", len(counts), list(self.class_names), counts)

    def targets(self, spec: Spec) -> torch.Tensor:
        """The targets as a network with ``spec`` counts them: (N,) int64 class indices, or (N,) float32 numbers.

        Raises:
            InputError: the kind of target is another, or a class is unknown to ``spec``.
        """
        kind = "number" if self.class_names is None else "class"
        if kind != spec.target:
            raise InputError(f"data: the target is a {kind}; the network was trained on a {spec.target}")
        if self.class_names is None:
            return torch.as_tensor(self.y, dtype=torch.float32)
        for name in self.class_names:
            if name not in spec.class_names:
                closest = InputError.closest(name, spec.class_names)
                raise InputError(f"data: the network was not trained on a class {name!r}{closest}")
        index = np.array([spec.class_names.index(name) for name in self.class_names])
        return torch.as_tensor(index[self.y], dtype=torch.int64)


def join_samples(given: dict[str, Samples]) -> Samples:
    """Put the samples of several splits one after another.

    Args:
        given: what a data module has loaded, by split; all of the same kind and with the same class names.

    Returns:
        All of them in the order train, val, test. Where there are several splits, a name begins with its split
        (``test/cat/0.png``), since each split names its own.
    """
    parts = [(split, given[split]) for split in ("train", "val", "test") if split in given]
    if len(parts) == 1:
        return parts[0][1]
    return Samples(
        _joined([samples.x for _, samples in parts]),
        np.concatenate([samples.y for _, samples in parts]),
        parts[0][1].class_names,
        [f"{split}/{name}" for split, samples in parts for name in samples.names],
        None if parts[0][1].groups is None else np.concatenate([samples.groups for _, samples in parts]),
    )


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True)
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [item for part in parts for item in part]


def fewer_samples(samples: Samples, most: int, seed: int) -> Samples:
    """Keep some of the samples, each class in its proportion.

    Fewer of them are always among more: what a learning curve adds are samples, not another draw.

    Args:
        samples: N of them.
        most: how many to keep, at least one a class; all where there are no more.
        seed: of the draw.

    Raises:
        InputError: fewer than there are classes.
    """
    classes = len(samples.class_names or [])
    if most < classes:
        raise InputError(f"data.max_train_samples: got {most}, allowed: at least one for each of {classes} classes")
    order = np.random.default_rng(seed).permutation(len(samples))
    if classes:
        # The n-th of a class of c stands at (n + 1/2) / c of the way; the first one before all others.
        place = np.empty(len(samples))
        for label in range(classes):
            own = order[samples.y[order] == label]
            place[own] = (np.arange(len(own)) + 0.5) / max(len(own), 1) * (np.arange(len(own)) > 0)
        order = order[np.argsort(place[order], kind="stable")]
    return samples.take(np.sort(order[:most]))


def noisy_labels(samples: Samples, share: float, seed: int) -> Samples:
    """Draw some of the labels anew, evenly over all classes, so that one in C stays right by chance.

    Args:
        samples: with classes.
        share: of the labels that are drawn anew, in [0, 1]; more of them include those of fewer.
        seed: of the draw.

    Raises:
        InputError: the targets are numbers.

    Source:
        Zhang et al. 2017, https://arxiv.org/abs/1611.03530, section 2.1: partially corrupted labels.
    """
    if samples.class_names is None:
        raise InputError(f"data.label_noise: got {share}, but the targets are numbers; allowed: 0.0")
    rng = np.random.default_rng(seed)
    changed = rng.random(len(samples)) < share
    return replace(samples, y=np.where(changed, rng.integers(0, len(samples.class_names), len(samples)), samples.y))
