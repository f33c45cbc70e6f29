"""Rows of numbers and text, from a CSV or Parquet file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import torch
from pandas.api.types import is_numeric_dtype

from epochwise.data.read_table import read_table
from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.data.table_columns import encode_columns, learn_columns
from epochwise.input_error import InputError


@dataclass(eq=False, kw_only=True)
class Table(SplitDataModule):
    """A table of which one column is to be predicted from the others.

    Numbers are standardised and text becomes one feature a category and one for the unknown, all of it learned from the
    training rows. One's own rows for a prediction need no target.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or one of scikit-learn's tables by name: ``breast_cancer``, ``wine``,
            ``diabetes``.
        target: the column to predict.
        kind: ``class``, each different value is one; or ``number``.
        ignore_columns: columns to leave out, such as a row's number or a name.
        groups: a column whose equal values stay together, in one split and one fold, such as a patient's number; it is
            no feature.
        on_missing: of an empty cell: ``raise``, or take the ``median`` of a number and call a text unknown.

    Raises:
        InputError: no such file or column, an empty cell, a target that is no number, or one of numbers as classes.
    """

    path: str = "breast_cancer"
    target: str = "target"
    kind: Literal["class", "number"] = "class"
    ignore_columns: Sequence[str] = ()
    groups: str | None = None
    on_missing: Literal["raise", "median"] = "raise"

    def load(self) -> dict[str, Samples]:
        frame = read_table(self.path, "data.path")
        columns = [str(name) for name in frame]
        aside = [("groups", self.groups)] if self.groups is not None else []
        aside += [("ignore_columns", name) for name in self.ignore_columns if name != self.groups]
        for key, name in [("target", self.target), *aside]:
            if name not in columns:
                raise InputError(f"data.{key}={name}: no such column{InputError.closest(name, columns)}")
        target, x = frame[self.target], frame.drop(columns=[self.target, *(name for _, name in aside)])
        groups = None if self.groups is None else frame[self.groups].to_numpy()
        if x.columns.empty:
            raise InputError(f"data.path={self.path}: no column beside the target {self.target!r}")
        if target.isna().any():
            raise InputError(
                f"data: the target {self.target!r} is empty in row {target.isna().argmax()} (counted from 0)"
            )
        if self.kind == "class":
            if self.spec is None:
                _check_is_a_choice(target)
            codes, classes = pd.factorize(target, sort=True)
            return {"train": Samples(x, codes, [str(name) for name in classes], groups=groups)}
        if not is_numeric_dtype(target):
            value = target.iloc[0]
            raise InputError(
                f"data.kind=number: the target {self.target!r} holds {value!r}; did you mean data.kind=class?"
            )
        return {"train": Samples(x, target.to_numpy(dtype="float64"), groups=groups)}

    def learn(self, x: Any) -> dict[str, Any]:
        return {"columns": learn_columns(x)}

    def encode(self, x: Any) -> torch.Tensor:
        if "columns" not in self.learned:
            raise InputError("data: the network was trained on something else than a table")
        return encode_columns(x, self.learned["columns"], fill=self.on_missing == "median")

    def read(self, path: str) -> tuple[list[str], torch.Tensor]:
        rows = read_table(path, "predict")
        return [str(row) for row in rows.index], self.encode(rows)


def _check_is_a_choice(target: pd.Series) -> None:
    """Refuse many numbers of which one is too rare to be in train, val and test: a class could not be cut."""
    counts = target.value_counts()
    if is_numeric_dtype(target) and len(counts) > 20 and counts.min() < 3:
        raise InputError(
            f"data.kind=class: the target {target.name!r} holds {len(counts)} different numbers in {len(target)} rows; "
            "did you mean data.kind=number task=regression?"
        )
