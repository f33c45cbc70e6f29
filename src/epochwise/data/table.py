"""Rows of a table: read, encoded by what training rows have, split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import torch

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.data.tables.columns import encode_columns, learn_columns, raw_columns
from epochwise.data.tables.read_table import check_columns, read_table
from epochwise.data.tables.target_columns import Kind, read_targets, target_names
from epochwise.input_error import InputError


@dataclass(eq=False, kw_only=True)
class Table(SplitDataModule):
    """A table of which one column, or several, are to be predicted from the others.

    Numbers are standardised and text becomes one feature a category and one for the unknown, all of it learned from the
    training rows. One's own rows for a prediction need no target.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or one of scikit-learn's tables by name: ``breast_cancer``, ``wine``,
            ``diabetes``, ``linnerud``.
        target: the column to predict, or several: numbers, or labels of 0 and 1.
        kind: ``class``, each different value is one; ``number``; or ``labels``, any of which a row may have.
        separator: between the labels in one column of them, such as ``|`` in ``drama|comedy``; an empty cell has none.
        ignore_columns: columns to leave out, such as a row's number or a name.
        dates: columns of dates, written as 2024-12-31 or 2024-12-31 23:59; each becomes twelve features: how late it
            is, the time of the year and of the day (sine and cosine), and the day of the week (one of seven).
        texts: columns of texts, whose words become features, weighed by how rare they are (TF-IDF): the 1,000 most
            frequent ones of the training rows.
        groups: a column whose equal values stay together, in one split and one fold, such as a patient's number; it is
            no feature.
        on_missing: of an empty cell: ``raise``, or take the ``median`` of a number or date, call a category unknown,
            and a text one without words.

    Raises:
        InputError: no such file or column, an empty cell, a target of another kind, or one of numbers as classes.
    """

    path: str = "breast_cancer"
    target: str | Sequence[str] = "target"
    kind: Kind = "class"
    separator: str | None = None
    ignore_columns: Sequence[str] = ()
    dates: Sequence[str] = ()
    texts: Sequence[str] = ()
    groups: str | None = None
    on_missing: Literal["raise", "median"] = "raise"

    def load(self) -> dict[str, Samples]:
        frame = read_table(self.path, "data.path")
        x = self.features(frame)
        groups = None if self.groups is None else frame[self.groups].to_numpy()
        given = read_targets(frame, self.target, self.kind, self.separator, trained=self.spec is not None)
        return {"train": Samples(x, groups=groups, **given)}

    def features(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns of a table from which one predicts.

        Raises:
            InputError: a column that is named is not there, or is used twice, or none is left.
        """
        targets = target_names(self.target)
        aside = [("groups", self.groups)] if self.groups is not None else []
        aside += [("ignore_columns", name) for name in self.ignore_columns if name != self.groups]
        encoded = [("dates", name) for name in self.dates] + [("texts", name) for name in self.texts]
        check_columns(frame, [*(("target", name) for name in targets), *aside, *encoded])
        x = frame.drop(columns=[*targets, *(name for _, name in aside)])
        for key, name in encoded:
            if name not in x or (name in self.dates and name in self.texts):
                raise InputError(f"data.{key}={name}: the column is used otherwise already")
        if x.columns.empty:
            raise InputError(f"data.path={self.path}: no column beside the target {', '.join(map(repr, targets))}")
        return x

    def learn(self, x: Any) -> dict[str, Any]:
        return {"columns": learn_columns(x, self.dates, self.texts)}

    def encode(self, x: Any) -> torch.Tensor:
        if "columns" not in self.learned:
            raise InputError("data: the network was trained on something else than a table")
        encoded = raw_columns if self.raw else encode_columns
        return encoded(x, self.learned["columns"], fill=self.on_missing == "median")

    def read(self, path: str) -> tuple[list[str], torch.Tensor]:
        rows = read_table(path, "predict")
        return [str(row) for row in rows.index], self.encode(rows)
