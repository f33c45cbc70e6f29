"""Samples: an input and a target each; thinned out, with labels made wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from epochwise.data.spec import Spec
from epochwise.data.target import IGNORE, Target, check_targets
from epochwise.input_error import InputError


@dataclass
class Samples:
    """N samples with their targets.

    Args:
        x: N rows of anything that scikit-learn can split: an array (N, ...), a DataFrame, a list of paths; or several
            of these, by the name of the input.
        y: (N,) class indices in [0, C), (N,) or (N, T) finite numbers, or (N, C) labels of 0 and 1; of masks an array
            (N, H, W) or N files. None where ``x`` has it all, as a text that is to be continued.
        class_names: C names; None where the target is a number.
        names: N names, by which a prediction is found again; the row's number, from 0, where none are given.
        groups: (N,) what each sample belongs to, such as a patient; samples of one group are never torn apart. None
            where each stands for itself.
        kind: of target, see ``data.target``. None: a class where there are names of classes, else a number.
        target_names: T names of T numbers.

    Raises:
        InputError: a class out of range, a number that is not finite, a label that is neither 0 nor 1.
    """

    x: Any
    y: Any
    class_names: Sequence[str] | None = None
    names: list[str] = field(default_factory=list)
    groups: np.ndarray | None = None
    kind: Target | None = None
    target_names: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.kind is None:
            self.kind = "number" if self.class_names is None else "class"
        if self.y is not None and (self.kind in ("class", "number", "labels") or not isinstance(self.y, list)):
            self.y = np.asarray(self.y)
        self.names = self.names or [str(row) for row in range(_count(self.x if self.y is None else self.y))]
        if self.y is not None:
            check_targets(self.y, self.kind, len(self.class_names or []), self.names)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def strata(self) -> np.ndarray | None:
        """(N,) or (N, C): what is to be in the same proportion in each part; None where there is no such thing."""
        return self.y if self.kind in ("class", "labels") else None

    def take(self, rows: np.ndarray) -> "Samples":
        """Those of the given rows, in that order."""
        groups = None if self.groups is None else self.groups[rows]
        names = [self.names[row] for row in rows]
        y = None if self.y is None else _taken(self.y, rows)
        return replace(self, x=_taken(self.x, rows), y=y, names=names, groups=groups)

    def spec(self, input_shape: Sequence[int], input_shapes: Mapping[str, Sequence[int]] | None = None) -> Spec:
        """What a network needs to know of these samples, the training split, when one has the shape ``input_shape``.

        Args:
            input_shape: of one sample, or of the first of its inputs.
            input_shapes: of several inputs, by name.

        Raises:
            InputError: fewer than two classes, or the kind of target is one that the data module has to describe.
        """
        shape = tuple(int(size) for size in input_shape)
        shapes = {name: tuple(map(int, each)) for name, each in (input_shapes or {}).items()}
        names = list(self.class_names or [])
        if self.kind == "number":
            found: dict[str, Any] = {"num_outputs": 1 if self.y.ndim == 1 else self.y.shape[1]}
            mean, std = self.y.mean(axis=0), self.y.std(axis=0)
            std = np.where(std > 0, std, 1.0)
            found |= {"target_mean": mean.tolist(), "target_std": std.tolist()}
            if self.y.ndim > 1:
                names_of = [str(name) for name in self.target_names] or [str(place) for place in range(self.y.shape[1])]
                found["target_names"] = names_of
            counts: list[int] = []
        elif self.kind == "class":
            if len(names) < 2:
                raise InputError(f"data: {names} is not a choice; at least two classes are needed")
            counts = np.bincount(self.y, minlength=len(names)).tolist()
            found = {"num_outputs": len(counts)}
        elif self.kind == "labels":
            counts = self.y.sum(axis=0).astype(int).tolist()
            found = {"num_outputs": len(counts)}
        elif self.kind == "mask" and isinstance(self.y, np.ndarray):
            counts = np.bincount(self.y[self.y != IGNORE], minlength=len(names)).tolist()
            found = {"num_outputs": len(counts)}
            if len(counts) > len(names):
                raise InputError(f"data: a mask holds {len(counts) - 1}; allowed: 0 to {len(names) - 1}, and {IGNORE}")
        elif self.kind == "own":
            counts, found = [], {"num_outputs": 1}
        else:
            raise InputError(
                f"data: a data module with targets of the kind {self.kind!r} needs a 'describe' of its own"
            )
        return Spec(
            shape, self.kind, class_names=names, class_counts=counts, input_shapes=shapes, num_train=len(self), **found
        )

    def targets(self, spec: Spec) -> torch.Tensor:
        """The targets as a network with ``spec`` counts them.

        Returns:
            (N,) int64 class indices, (N,) or (N, T) float32 numbers, (N, C) float32 labels, or (N, H, W) int64 masks.

        Raises:
            InputError: the kind of target is another, or a class is unknown to ``spec``.
        """
        if self.kind != spec.target:
            raise InputError(f"data: the target is a {self.kind}; the network was trained on a {spec.target}")
        if self.kind == "number":
            if (num_given := 1 if self.y.ndim == 1 else self.y.shape[1]) != spec.num_outputs:
                raise InputError(f"data: {num_given} number(s) a sample; the network was trained on {spec.num_outputs}")
            return torch.as_tensor(self.y, dtype=torch.float32)
        if self.kind == "own":
            return torch.as_tensor(self.y)
        index = self.class_index(spec)
        if self.kind == "mask":
            return torch.as_tensor(np.where(self.y == IGNORE, IGNORE, index[self.y.clip(0)]), dtype=torch.int64)
        if self.kind == "class":
            return torch.as_tensor(index[self.y], dtype=torch.int64)
        labels = np.zeros((len(self), spec.num_outputs), dtype=np.float32)
        labels[:, index] = self.y
        return torch.as_tensor(labels)

    def class_index(self, spec: Spec) -> np.ndarray:
        """(C,) where each of the classes stands in ``spec``.

        Raises:
            InputError: one is unknown to it.
        """
        for name in self.class_names or ():
            if name not in spec.class_names:
                closest = InputError.closest(name, spec.class_names)
                raise InputError(f"data: the network was not trained on a class {name!r}{closest}")
        return np.array([spec.class_names.index(name) for name in self.class_names or ()], dtype=int)


def _count(rows: Any) -> int:
    return _count(next(iter(rows.values()))) if isinstance(rows, dict) else len(rows)


def _taken(rows: Any, places: np.ndarray) -> Any:
    if isinstance(rows, dict):
        return {name: _taken(each, places) for name, each in rows.items()}
    if hasattr(rows, "iloc"):
        return rows.iloc[places]
    return rows[places] if isinstance(rows, np.ndarray) else [rows[place] for place in places]


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
    classes = len(samples.class_names or []) if samples.kind == "class" else 0
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
        InputError: the targets are no classes.

    Source:
        Zhang et al. 2017, https://arxiv.org/abs/1611.03530, section 2.1: partially corrupted labels.
    """
    if samples.class_names is None or samples.kind != "class":
        words = "numbers" if samples.kind == "number" else "not one class each"
        raise InputError(f"data.label_noise: got {share}, but the targets are {words}; allowed: 0.0")
    rng = np.random.default_rng(seed)
    changed = rng.random(len(samples)) < share
    return replace(samples, y=np.where(changed, rng.integers(0, len(samples.class_names), len(samples)), samples.y))
