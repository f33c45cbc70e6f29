"""The samples of one split as they were found, before anything was learned from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
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
