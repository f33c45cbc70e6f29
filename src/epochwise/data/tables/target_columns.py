"""The columns of a table that are to be predicted, of each kind."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from epochwise.data.tables.read_table import first_row
from epochwise.input_error import InputError

Kind = Literal["class", "number", "labels"]


def target_names(target: str | Sequence[str]) -> list[str]:
    """The columns that were given as ``data.target``: one, or several.

    Raises:
        InputError: none.
    """
    names = [target] if isinstance(target, str) else [str(name) for name in target]
    if not names:
        raise InputError("data.target=[]: allowed: a column, or several")
    return names


def read_targets(
    frame: pd.DataFrame, target: str | Sequence[str], kind: Kind, separator: str | None = None, trained: bool = False
) -> dict[str, Any]:
    """Read what the rows of a table have to say.

    Args:
        frame: N rows; it has the columns.
        target: the column, or several of them.
        kind: ``class``: each different value of one column is one. ``number``: of one column or several. ``labels``:
            several columns of 0 and 1, each a label; or one of names with ``separator`` between them, where an empty
            cell says that none holds.
        separator: between the labels of one column.
        trained: whether the rows are shown to a network that knows its classes; few rows may then hold few of them.

    Returns:
        ``y``, ``kind``, ``class_names`` and ``target_names`` of ``Samples``.

    Raises:
        InputError: a cell is empty, a number is none, numbers would be classes, or columns do not fit their kind.
    """
    names = target_names(target)
    if kind == "labels":
        return _labels(frame, names, separator)
    if separator is not None:
        raise InputError(f"data.separator={separator}: only several labels in one column have one: data.kind=labels")
    if kind == "class" and len(names) > 1:
        line = f"data.target={names}: one column has the class of a sample"
        raise InputError(
            f"{line}; several labels a sample: data.kind=labels task=multilabel; numbers: data.kind=number"
        )
    columns = [_filled(frame[name]) for name in names]
    if kind == "class":
        if not trained:
            _check_is_a_choice(columns[0])
        codes, classes = pd.factorize(columns[0], sort=True)
        return {"y": codes, "kind": kind, "class_names": [str(name) for name in classes]}
    for column in columns:
        if not is_numeric_dtype(column):
            wrong = f"data.kind=number: the target {column.name!r} holds {column.iloc[0]!r}"
            raise InputError(f"{wrong}; did you mean data.kind=class?")
    y = np.stack([column.to_numpy(dtype="float64") for column in columns], axis=1)
    return {"y": y[:, 0] if len(names) == 1 else y, "kind": kind, "target_names": names if len(names) > 1 else ()}


def _labels(frame: pd.DataFrame, names: list[str], separator: str | None) -> dict[str, Any]:
    if len(names) > 1:
        if separator is not None:
            raise InputError(f"data.separator={separator}: only one column of labels has one; got data.target={names}")
        columns = [_filled(frame[name]) for name in names]
        for column in columns:
            right = is_bool_dtype(column) or (is_numeric_dtype(column) and column.isin([0, 1]).all())
            if not right:
                raise InputError(
                    f"data.kind=labels: the target {column.name!r} holds {_first_other(column)!r}; allowed: 0 and 1"
                )
        return {
            "y": np.stack([column.to_numpy(dtype="float32") for column in columns], axis=1),
            "kind": "labels",
            "class_names": names,
        }
    column = frame[names[0]]
    if separator is None or is_numeric_dtype(column):
        signs = [
            sign for sign in "|;," if not is_numeric_dtype(column) and column.str.contains(sign, regex=False).any()
        ]
        wanted = f"data.separator='{signs[0]}'" if signs else "several columns of 0 and 1, such as data.target=[a,b]"
        raise InputError(f"data.kind=labels: the target {names[0]!r} is one column; allowed with it: {wanted}")
    said = column.fillna("").astype(str).str.split(separator, regex=False)
    labels = [{label.strip() for label in each} - {""} for each in said]
    class_names = sorted(set().union(*labels))
    if not class_names:
        raise InputError(f"data.kind=labels: the target {names[0]!r} has no label in any row")
    if len(class_names) > max(20, len(frame) // 2):
        found = f"{len(class_names)} different labels in {len(frame)} rows"
        raise InputError(f"data.kind=labels: the target {names[0]!r} holds {found}; allowed: half as many as rows")
    y = np.array([[name in each for name in class_names] for each in labels], dtype=np.float32)
    return {"y": y, "kind": "labels", "class_names": class_names}


def _first_other(column: pd.Series) -> Any:
    return (column[~column.isin([0, 1])] if is_numeric_dtype(column) else column).tolist()[0]


def _filled(column: pd.Series) -> pd.Series:
    if column.isna().any():
        raise InputError(f"data: the target {column.name!r} is empty in {first_row(column.isna())}")
    return column


def _check_is_a_choice(target: pd.Series) -> None:
    """Refuse many numbers of which one is too rare to be in train, val and test: a class could not be cut."""
    counts = target.value_counts()
    if is_numeric_dtype(target) and len(counts) > 20 and counts.min() < 3:
        raise InputError(
            f"data.kind=class: the target {target.name!r} holds {len(counts)} different numbers in {len(target)} rows; "
            "did you mean data.kind=number task=regression?"
        )
