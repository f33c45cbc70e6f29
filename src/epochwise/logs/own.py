"""Epochwise: ``epochs.csv``."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from epochwise.epochs.epoch_table import EpochTable
from epochwise.logs.log import Log
from epochwise.run.epochs_csv import read_epochs_csv

if TYPE_CHECKING:
    from epochwise.logs.log import ToolLog
    from epochwise.logs.log_file import LogFile

TOOL = "Epochwise"
#: Of a longer one, by the columns of ``read_log``.
MOST_BYTES = 50_000_000


def as_written(path: Path) -> Log | None:
    """Read an ``epochs.csv`` as a run writes it: a row an epoch from 0, numbers in all columns but ``events``.

    Args:
        path: of the file.

    Returns:
        None where it is otherwise, or cannot be read: ``read_log`` reads what has gaps, and says what is wrong.
    """
    try:
        rows = read_epochs_csv(path) if path.stat().st_size <= MOST_BYTES else []
    except (OSError, ValueError, TypeError, csv.Error):  # a row of another length, among others
        return None
    if not rows or [row.get("epoch") for row in rows] != list(range(len(rows))):
        return None
    columns: dict[str, np.ndarray] = {}
    for name in rows[0]:
        cells = [row.get(name) for row in rows]
        if name == "events":
            columns[name] = np.array([cell or "" for cell in cells], dtype=object)
        elif any(isinstance(cell, str) for cell in cells):
            return None
        else:
            # What was measured and is NaN is inf in a table by columns; an empty cell is NaN there.
            columns[name] = np.array([np.inf if cell != cell else cell for cell in cells], dtype=np.float64)
    there = {name: values for name, values in columns.items() if name == "events" or not np.isnan(values).all()}
    table = EpochTable(there | {"epoch": np.arange(len(rows))})
    return Log(TOOL, table, len(rows), names={str(name): str(name) for name in there})


def sniff(file: "LogFile") -> bool:
    """Whether it is called so, and begins as ours do."""
    return file.path.name == "epochs.csv" and "epoch" in file.header


def read(file: "LogFile") -> "list[ToolLog]":
    """A row an epoch, from 0, under the names that it has."""
    from epochwise.logs.cells import log_of

    names = {name: name for name in file.frame.columns}
    return [log_of(TOOL, file, file.frame, names, counted_from=0, a_line_an_epoch=True)]
