"""Columns of a table as features: numbers standardised, text one-hot."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from epochwise.input_error import InputError

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
