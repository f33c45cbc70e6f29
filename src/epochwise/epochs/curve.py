"""The scores of a run by epoch, in the one form that all of ``epochs`` reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.smooth import Smooth, smooth
from epochwise.input_error import InputError

Floats = NDArray[np.float64]

#: A score beyond it counts as infinite: the square of its square would be.
HUGE = 1e75


@dataclass(frozen=True, eq=False)
class Curve:
    """What was measured, turned so that smaller is better.

    Args:
        num_epochs: E, epochs run.
        epochs: (n,) ascending, counted from 0: those with a finite validation score.
        loss: (n,) their validation scores; a score of mode ``max`` is negated.
        train_epochs: (m,) those with a finite training score; m is 0 where none is known.
        train: (m,) the same score on the training split, turned likewise.
        sign: 1 for mode ``min``, -1 for ``max``: times it, a loss is a score again.
        ends_unmeasured: the run ends in scores that are no numbers, though they were due: it has diverged.
        is_training: ``loss`` is the score on the training split, since there is no other: it says nothing of fit.
    """

    num_epochs: int
    epochs: NDArray[np.int64]
    loss: Floats
    train_epochs: NDArray[np.int64]
    train: Floats
    sign: int
    ends_unmeasured: bool
    is_training: bool = False

    @classmethod
    def of(cls, val: ArrayLike, train: ArrayLike | None = None, mode: Literal["min", "max"] = "min") -> "Curve":
        """Take in two columns of a table. Of training alone see ``of_training``.

        Args:
            val: (E,) NaN where an epoch was not validated. One that was, and gave NaN, is best passed as inf; NaNs at
                the end that outlast the usual time between validations count as such.
            train: (E,) the same score on the training split: of the same weights in eval mode where there is such a
                one, else what was measured in passing. NaN where there is none.
            mode: ``min`` where smaller is better, else ``max``.

        Raises:
            InputError: another mode, or another length or shape of ``train``.
        """
        if mode not in ("min", "max"):
            raise InputError(f"mode: got {mode!r}, allowed: min, max")
        val = np.asarray(val, dtype=np.float64)
        train = np.full(val.shape, np.nan) if train is None else np.asarray(train, dtype=np.float64)
        if val.ndim != 1 or val.shape != train.shape:
            raise InputError(f"train: got the shape {train.shape}, allowed: that of val, (E,); val has {val.shape}")
        val, train = (np.where(np.abs(scores) > HUGE, np.copysign(np.inf, scores), scores) for scores in (val, train))
        sign = 1 if mode == "min" else -1
        epochs, train_epochs = np.flatnonzero(np.isfinite(val)), np.flatnonzero(np.isfinite(train))
        return cls(
            len(val),
            epochs,
            sign * val[epochs],
            train_epochs,
            sign * train[train_epochs],
            sign,
            _ends_unmeasured(val, train),
        )

    @classmethod
    def of_training(cls, train: ArrayLike, mode: Literal["min", "max"] = "min") -> "Curve":
        """Take in the one column of a run without validation.

        Args:
            train: (E,) NaN where none was logged, inf where it was no number: only that at the end is a divergence.
            mode: as in ``of``.
        """
        scores = np.asarray(train, dtype=np.float64)
        logged = np.flatnonzero(~np.isnan(scores))
        whole = cls.of(scores, None, mode)
        diverged = bool(len(logged) and not abs(scores[logged[-1]]) <= HUGE)
        return replace(whole, ends_unmeasured=diverged, is_training=True)

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, Any]], monitor: str, mode: Literal["min", "max"]) -> "Curve":
        """Take in a table with one row an epoch.

        Args:
            rows: those of ``epochs.csv``, as a list or an ``EpochTable``.
            monitor: the score. That of training beside it is ``train_eval/<name>`` where it was measured, else
                ``train/<name>``. Where ``monitor`` is one of these, or was never measured, it is training alone.
            mode: as in ``of``.
        """
        stage, _, name = monitor.partition("/")
        beside = f"train_eval/{name}" if _has(rows, f"train_eval/{name}") else f"train/{name}"
        if stage in ("train", "train_eval"):
            return cls.of_training(column_of(rows, monitor, nan=np.inf), mode)
        if _has(rows, monitor):  # a cell that holds NaN was measured
            return cls.of(column_of(rows, monitor, nan=np.inf), column_of(rows, beside), mode)
        return cls.of_training(column_of(rows if _has(rows, beside) else rows[:0], beside, nan=np.inf), mode)

    @cached_property
    def course(self) -> Smooth:
        """``loss`` without its noise."""
        return smooth(self.epochs, self.loss)

    @cached_property
    def train_course(self) -> Smooth:
        """``train`` without its noise."""
        return smooth(self.train_epochs, self.train)

    def score(self, loss: float) -> float:
        """A loss in the unit and direction of the monitor again."""
        return float(self.sign * loss)


def column_of(rows: Sequence[Mapping[str, Any]], name: str, nan: float = np.nan) -> Floats:
    """(E,) one column of a table, NaN where a cell is empty or no number.

    Args:
        rows: those of ``epochs.csv``, as a list or an ``EpochTable``.
        name: of the column.
        nan: what stands for a cell of a list that holds NaN; in an ``EpochTable`` that is an empty one.
    """
    if isinstance(rows, EpochTable):
        column = rows.columns.get(name)
        if column is None or column.dtype == object:
            return np.full(len(rows), np.nan)
        return column.astype(np.float64, copy=False)
    values = [row.get(name) for row in rows]
    cells = [np.nan if not isinstance(value, (int, float)) else nan if value != value else value for value in values]
    return np.array(cells, dtype=np.float64)


def _has(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether any cell of a column is filled."""
    if isinstance(rows, EpochTable):
        return bool((~np.isnan(column_of(rows, name))).any())
    return any(row.get(name) is not None for row in rows)


def columns_of(tables: Sequence[Sequence[Mapping[str, Any]]], name: str) -> Floats:
    """(K, E) one column of K tables, E rows of the longest; NaN as in ``column_of``, and where a table has ended."""
    columns = np.full((len(tables), max(map(len, tables))), np.nan)
    for column, rows in zip(columns, tables, strict=True):
        column[: len(rows)] = column_of(rows, name)
    return columns


def _ends_unmeasured(val: Floats, train: Floats) -> bool:
    if len(val) == 0:
        return False
    if np.isinf(val[-1]):
        return True
    train_known = bool((~np.isnan(train)).any())
    val_late, train_late = _late(val), _late(train) if train_known else 0
    if train_known and np.isfinite(train[-1]):
        # An interrupted run lacks its last validation alone; one without any was never validated.
        return val_late > 1 and bool(np.isfinite(val).any())
    return not np.isfinite(val[-1]) and (val_late > 0 or train_late > 0)


def _late(scores: Floats) -> int:
    """By how many epochs the last finite score is overdue."""
    there = np.flatnonzero(np.isfinite(scores))
    usual = max(np.diff(there, prepend=-1).max(), 1) if len(there) else 1
    return int(max(len(scores) - 1 - (there[-1] if len(there) else -1) - (usual - 1), 0))
