"""The table of a run: one full row an epoch."""

import csv
from pathlib import Path

from epochwise.run.whole_file import whole_file

Row = dict[str, float | int | str | None]


def write_epochs_csv(path: Path, rows: list[Row]) -> None:
    """Write all rows, whole or not at all; what a row lacks stays empty.

    Columns: the epoch's counts, learning rates, train, val, whatever else was logged, seconds by phase, ``events``.

    Args:
        path: the file, ``epochs.csv`` of a run folder.
        rows: one an epoch; numbers are written in full, so that reading gives the same ones.
    """
    columns = sorted(dict.fromkeys(name for row in rows for name in row), key=_place)  # equals stay in their order
    with whole_file(path) as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_epochs_csv(path: Path) -> list[Row]:
    """Read what ``write_epochs_csv`` wrote: whole numbers as int, others as float, empty cells as ``None``."""
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _place(column: str) -> int:
    last = ("seconds/", "events")
    starts = ("epoch", "step", "scored_step", "samples", "seconds", "lr", "train/", "train_eval/", "val/", "", *last)
    return starts.index(next(start for start in (*last, *starts) if column.startswith(start)))


def _value(text: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None
