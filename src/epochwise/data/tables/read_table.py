"""Tables in files, and those that scikit-learn ships."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_object_dtype
from sklearn.datasets import load_breast_cancer, load_diabetes, load_linnerud, load_wine

from epochwise.input_error import InputError, existing_path

SHIPPED: dict[str, Callable[..., Any]] = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "linnerud": load_linnerud,
    "wine": load_wine,
}
MOST_COLUMNS = 12  # that a message names
READERS: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}


def read_table(path: str, key: str, shipped: bool = True) -> pd.DataFrame:
    """Read a table.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or the name of one of scikit-learn's: ``breast_cancer`` and ``wine`` (a
            class) or ``diabetes`` (a number), whose target is the column ``target``, or ``linnerud`` (the numbers
            ``Weight``, ``Waist`` and ``Pulse``).
        key: where the path was given, for the message.
        shipped: whether the names of scikit-learn's are looked at.

    Returns:
        At least one row, counted from 0, and each column of one type.

    Raises:
        InputError: nothing is there, or it is no such file, or there is no row in it, or a column holds bytes that are
            no text.
    """
    if shipped and path in SHIPPED:
        found = SHIPPED[path](as_frame=True)
        if isinstance(found.target, pd.DataFrame) or not hasattr(found, "target_names"):
            return found.frame
        return found.frame.assign(target=found.target_names[found.target])
    place = existing_path(path, key)
    if place.suffix not in READERS:
        names = f", or one of {', '.join(SHIPPED)}" if shipped else ""
        raise InputError(f"{key}={path}: not a table; allowed: {', '.join(READERS)}{names}")
    try:
        frame = READERS[place.suffix](place)
    except (ValueError, OSError) as error:
        raise InputError(f"{key}={path}: not a readable table ({' '.join(str(error).split())})") from error
    if frame.empty:
        raise InputError(f"{key}={path}: no row in it")
    for name in [name for name in frame if is_object_dtype(frame[name])]:
        try:
            frame[name] = frame[name].map(_decoded)  # some programs write a text as bytes
        except UnicodeDecodeError as error:
            allowed = "allowed: numbers, dates, text in UTF-8"
            raise InputError(f"{key}={path}: column {name!r} holds bytes that are no text; {allowed}") from error
    return frame.reset_index(drop=True)


def _decoded(cell: Any) -> Any:
    return cell.decode() if isinstance(cell, bytes) else cell


def check_columns(frame: pd.DataFrame, asked: Sequence[tuple[str, str]]) -> None:
    """Hold the names of columns that were given against those that there are.

    Args:
        frame: the table.
        asked: the key, without ``data.``, and the name that it gave.

    Raises:
        InputError: a table has no such column, or a key names it twice. A line each.
    """
    columns = [str(name) for name in frame]
    lines = [
        f"data.{key}={name}: no such column{_there(str(name), columns)}" for key, name in asked if name not in columns
    ]
    lines += [f"data.{key}: names {name!r} twice" for key, name in dict.fromkeys(asked) if asked.count((key, name)) > 1]
    if lines:
        raise InputError(*lines)


def _there(name: str, columns: list[str]) -> str:
    """The column that may have been meant, else the first of all."""
    more = ", ..." if len(columns) > MOST_COLUMNS else ""
    return InputError.closest(name, columns) or f"; there are {', '.join(columns[:MOST_COLUMNS])}{more}"


def first_row(wrong: pd.Series) -> str:
    """The first row of which something is true, in words."""
    return f"row {wrong[wrong].index[0]} (counted from 0)"
