"""Tables from files, and from scikit-learn by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from epochwise.data.existing_path import existing_path
from epochwise.input_error import InputError

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
