"""Columns of a table as features: what the training rows say of each, and rows encoded by it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype
from sklearn.feature_extraction.text import TfidfVectorizer

from epochwise.data.tables.read_table import first_row
from epochwise.input_error import InputError

MAX_CATEGORIES = 1000
MAX_WORDS = 1000


def learn_columns(frame: pd.DataFrame, dates: Sequence[str] = (), texts: Sequence[str] = ()) -> dict[str, Any]:
    """What the training rows say of each column.

    Args:
        frame: the training rows without the target.
        dates: columns of dates.
        texts: columns of texts, of which words are to be features.

    Returns:
        By column, as plain values: ``mean``, ``std`` (never 0) and ``median`` of numbers; the same of ``days`` since
        1970 of dates; the ``words`` of texts, the most frequent 1,000, and their weights ``idf``; the sorted
        ``categories`` of other text.

    Raises:
        InputError: a column is empty, holds infinity, dates that are not named, or too many different texts that are
            not named: more than half as many as rows, from 20 on, or more than ``MAX_CATEGORIES``. Names, row numbers
            and dates as text would be learned by heart.
    """
    columns: dict[str, Any] = {}
    for name, column in frame.items():
        filled = column.dropna()
        if filled.empty:
            raise InputError(f"data: column {name!r} holds nothing; allowed: numbers, text; or data.ignore_columns")
        if name in dates:
            columns[str(name)] = {"days": _spread(to_days(column)[column.notna()])}
        elif name in texts:
            columns[str(name)] = _words(filled)
        elif is_datetime64_any_dtype(column):
            raise InputError(f"data: column {name!r} holds dates; name it in data.dates, or data.ignore_columns")
        elif is_numeric_dtype(column):
            columns[str(name)] = _spread(_numbers(filled))
        else:
            categories = sorted(filled.astype(str).unique().tolist())
            allowed = min(MAX_CATEGORIES, max(20, len(filled) // 2))
            if len(categories) > allowed:
                count = f"{len(categories)} different texts in {len(filled)} training rows; allowed: {allowed}"
                found = pd.to_datetime(filled.astype(str), errors="coerce", format="ISO8601", utc=True)
                by_name = "data.dates" if found.notna().all() else "data.texts"
                raise InputError(
                    f"data: column {name!r} holds {count}; or name it in {by_name}, or data.ignore_columns"
                )
            columns[str(name)] = {"categories": categories}
    return columns


def encode_columns(frame: pd.DataFrame, columns: dict[str, Any], fill: bool) -> torch.Tensor:
    """Turn rows into features as the training rows were.

    Args:
        frame: N rows; columns that were not learned are left out.
        columns: from ``learn_columns``.
        fill: put the median where a number or a date is missing; a missing category counts as unknown, and a missing
            text as one without words.

    Returns:
        (N, F) float32: one feature for a column of numbers; for text one for each category, and a last one for every
        text that was not among the training rows; for a date twelve, see ``date_features``; for texts one a word.

    Raises:
        InputError: a column is missing, holds text where there were numbers, is infinite, or, without ``fill``, empty.
    """
    features = []
    for name, learned in columns.items():
        column = _column(frame, name, fill)
        if "categories" in learned:
            # An unknown text has the code -1, which is the last column.
            codes = pd.Index(learned["categories"]).get_indexer(column.astype(str))
            features.append(np.eye(len(learned["categories"]) + 1)[codes])
        elif "words" in learned:
            weigh = TfidfVectorizer(vocabulary=learned["words"])
            weigh.idf_ = np.array(learned["idf"])
            features.append(weigh.transform(column.fillna("").astype(str)).toarray())
        elif "days" in learned:
            days = to_days(column)
            features.append(date_features(np.where(np.isnan(days), learned["days"]["median"], days), learned["days"]))
        else:
            numbers = _numbers(column)
            filled = np.where(np.isnan(numbers), learned["median"], numbers)
            features.append(((filled - learned["mean"]) / learned["std"])[:, None])
    return torch.from_numpy(np.concatenate(features, axis=1)).float()


def raw_columns(frame: pd.DataFrame, columns: dict[str, Any], fill: bool) -> torch.Tensor:
    """Rows as an exported network takes them, which encodes them itself (``export.columns``).

    Args:
        frame: N rows.
        columns: K of them, from ``learn_columns``; none of texts.
        fill: let a number or a date be missing, as NaN.

    Returns:
        (N, K) float64: numbers as they are, days since 1970 of dates, of categories their places among those that were
        learned, -1 for others.

    Raises:
        InputError: as ``encode_columns``.
    """
    found = []
    for name, learned in columns.items():
        column = _column(frame, name, fill)
        if "categories" in learned:
            found.append(pd.Index(learned["categories"]).get_indexer(column.astype(str)).astype("float64"))
        else:
            found.append(to_days(column) if "days" in learned else _numbers(column))
    return torch.from_numpy(np.stack(found, axis=1))


def _column(frame: pd.DataFrame, name: str, fill: bool) -> pd.Series:
    if name not in frame:
        raise InputError(f"data: no column {name!r}{InputError.closest(name, [str(other) for other in frame])}")
    column = frame[name]
    if not fill and column.isna().any():
        raise InputError(
            f"data: column {name!r} is empty in {first_row(column.isna())}; fill it, or say data.on_missing=median"
        )
    return column


def date_features(days: np.ndarray, learned: dict[str, float]) -> np.ndarray:
    """A date as what repeats in it, and how late it is.

    Args:
        days: (N,) since 1970, UTC; the fraction is the time of day.
        learned: ``mean`` and ``std`` of those of the training rows.

    Returns:
        (N, 12): the days, standardised; sine and cosine of the place in the year, and of that in the day; one of seven
        days of the week, Monday first.
    """
    date = pd.to_datetime(days, unit="D", origin="unix")
    turns = 2 * np.pi * np.stack([(date.day_of_year - 1) / 365.25, days % 1], axis=1)
    late = (days - learned["mean"]) / learned["std"]
    return np.concatenate([late[:, None], np.sin(turns), np.cos(turns), np.eye(7)[date.day_of_week]], axis=1)


def to_days(column: pd.Series, key: str = "data.dates") -> np.ndarray:
    """Days since 1970 of dates, or of texts as ISO 8601 writes them (``2024-12-31``, ``2024-12-31 23:59``).

    Other ways to write a date are refused, since 1/2 is another day in another country.

    Args:
        column: N of them.
        key: where it was named, for the message.

    Returns:
        (N,) float64, NaN where a cell is empty.

    Raises:
        InputError: a cell holds no date.
    """
    if is_numeric_dtype(column):
        raise InputError(f"{key}: column {column.name!r} holds numbers, which are dates in no one way")
    dates = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    if (wrong := dates.isna() & column.notna()).any():
        value = str(column[wrong].iloc[0])
        raise InputError(
            f"{key}: column {column.name!r} holds {value!r} in {first_row(wrong)}; allowed: dates as 2024-12-31"
        )
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(dtype="float64")


def _words(texts: pd.Series) -> dict[str, Any]:
    learn = TfidfVectorizer(max_features=MAX_WORDS)
    try:
        learn.fit(texts.astype(str))
    except ValueError:
        raise InputError(f"data.texts: column {texts.name!r} holds no word of two letters or more") from None
    return {"words": learn.get_feature_names_out().tolist(), "idf": learn.idf_.tolist()}


def _spread(values: np.ndarray) -> dict[str, float]:
    return {"mean": float(values.mean()), "std": float(values.std()) or 1.0, "median": float(np.median(values))}


def _numbers(column: pd.Series) -> np.ndarray:
    """(N,) float64, NaN where a cell is empty."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    finite = np.isfinite(numbers)
    if not finite.all() and (wrong := ~finite & column.notna()).any():
        value = str(column[wrong].iloc[0])
        raise InputError(f"data: column {column.name!r} holds {value!r} in {first_row(wrong)}; allowed: finite numbers")
    return numbers
