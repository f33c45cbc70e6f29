"""Rows of a table: read, encoded by what training rows have, split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError, existing_path

SHIPPED: dict[str, Callable[..., Any]] = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "wine": load_wine,
}


def read_table(path: str, key: str) -> pd.DataFrame:
    """Read a table.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or the name of one of scikit-learn's: ``breast_cancer`` and ``wine`` (a
            class) or ``diabetes`` (a number); their target is the column ``target``.
        key: where the path was given, for the message.

    Returns:
        At least one row, counted from 0, and each column of one type.

    Raises:
        InputError: nothing is there, or it is no such file, or there is no row in it.
    """
    if path in SHIPPED:
        shipped = SHIPPED[path](as_frame=True)
        names = getattr(shipped, "target_names", None)
        return shipped.frame if names is None else shipped.frame.assign(target=names[shipped.target])
    place = existing_path(path, key)
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if place.suffix not in readers:
        raise InputError(f"{key}={path}: not a table; allowed: {', '.join(readers)}, or one of {', '.join(SHIPPED)}")
    try:
        frame = readers[place.suffix](place)
    except (ValueError, OSError) as error:
        raise InputError(f"{key}={path}: not a readable table ({' '.join(str(error).split())})") from error
    if frame.empty:
        raise InputError(f"{key}={path}: no row in it")
    return frame.reset_index(drop=True)


MAX_CATEGORIES = 1000


def learn_columns(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What the training rows say of each column.

    Args:
        frame: the training rows without the target.

    Returns:
        By column, ``mean``, ``std`` (never 0) and ``median`` of numbers, or the sorted ``categories`` of text.

    Raises:
        InputError: a column is empty, holds dates, infinity, or too many different texts: more than half as many as
            rows, from 20 on, or more than ``MAX_CATEGORIES``. Names, row numbers and dates as text would be learned by
            heart.
    """
    columns: dict[str, dict[str, Any]] = {}
    for name, column in frame.items():
        filled = column.dropna()
        if filled.empty or is_datetime64_any_dtype(column):
            kind = "nothing" if filled.empty else "dates"
            raise InputError(f"data: column {name!r} holds {kind}; allowed: numbers, text; or data.ignore_columns")
        if is_numeric_dtype(column):
            values = _numbers(filled)
            columns[str(name)] = {
                "mean": float(values.mean()),
                "std": float(values.std()) or 1.0,
                "median": float(np.median(values)),
            }
        else:
            categories = sorted(filled.astype(str).unique().tolist())
            allowed = min(MAX_CATEGORIES, max(20, len(filled) // 2))
            if len(categories) > allowed:
                count = f"{len(categories)} different texts in {len(filled)} training rows; allowed: {allowed}"
                raise InputError(f"data: column {name!r} holds {count}; or name it in data.ignore_columns")
            columns[str(name)] = {"categories": categories}
    return columns


def encode_columns(frame: pd.DataFrame, columns: dict[str, dict[str, Any]], fill: bool) -> torch.Tensor:
    """Turn rows into features as the training rows were.

    Args:
        frame: N rows; columns that were not learned are left out.
        columns: from ``learn_columns``.
        fill: put the median where a number is missing; a missing text counts as unknown.

    Returns:
        (N, F) float32: one feature for a column of numbers; for text one for each category, and a last one for every
        text that was not among the training rows.

    Raises:
        InputError: a column is missing, holds text where there were numbers, is infinite, or, without ``fill``, empty.
    """
    features = []
    for name, learned in columns.items():
        if name not in frame:
            raise InputError(f"data: no column {name!r}{InputError.closest(name, [str(other) for other in frame])}")
        column = frame[name]
        if not fill and column.isna().any():
            raise InputError(
                f"data: column {name!r} is empty in {_first_row(column.isna())}; fill it, or say data.on_missing=median"
            )
        if "categories" in learned:
            # An unknown text has the code -1, which is the last column.
            codes = pd.Index(learned["categories"]).get_indexer(column.astype(str))
            features.append(np.eye(len(learned["categories"]) + 1)[codes])
        else:
            numbers = _numbers(column)
            filled = np.where(np.isnan(numbers), learned["median"], numbers)
            features.append(((filled - learned["mean"]) / learned["std"])[:, None])
    return torch.from_numpy(np.concatenate(features, axis=1)).float()


def _numbers(column: pd.Series) -> np.ndarray:
    """(N,) float64, NaN where a cell is empty."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    finite = np.isfinite(numbers)
    if not finite.all() and (wrong := ~finite & column.notna()).any():
        value = str(column[wrong].iloc[0])
        raise InputError(
            f"data: column {column.name!r} holds {value!r} in {_first_row(wrong)}; allowed: finite numbers"
        )
    return numbers


def _first_row(wrong: pd.Series) -> str:
    return f"row {wrong[wrong].index[0]} (counted from 0)"


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
