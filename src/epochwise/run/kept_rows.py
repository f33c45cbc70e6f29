"""Rows that a checkpoint keeps: as text, since it is written with each epoch and holds all of them."""

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from epochwise.run.epochs_csv import Row, is_count


class KeptRows:
    """The rows of a run as one line of JSON each; those of before are not made again.

    A number is written in full, so it is the same when it is read. As mappings, a thousand rows took longer to be
    pickled than an epoch of a small network takes.
    """

    def __init__(self) -> None:
        self._lines: list[tuple[Row, str]] = []

    def of(self, rows: list[Row]) -> list[str]:
        """Return a line for each row.

        Args:
            rows: those of before and others; a row that is changed is to be another mapping.
        """
        pairs = zip_longest(rows, self._lines[: len(rows)])
        self._lines = [line if line and line[0] is row else (row, json.dumps(row)) for row, line in pairs]
        return [text for _, text in self._lines]


def rows_kept(kept: Mapping[str, Any], last: int = 0) -> list[Row]:
    """Read the rows of a checkpoint; those of runs of before are mappings.

    Args:
        kept: what holds its ``rows``.
        last: how many of the last ones; 0 for all.

    Raises:
        ValueError: a row is none, or a line is no JSON.
        RecursionError: a line is nested without end.
    """
    rows = [json.loads(row) if isinstance(row, str) else row for row in kept["rows"][-last:]]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a row is no mapping")
    return [dict(row) for row in rows]


def kept_rows_fault(kept: Any) -> str | None:
    """Say what is wrong with what ``EpochLog`` is to take over from a checkpoint, which may be a stranger's.

    Args:
        kept: the checkpoint's ``epoch_log``.

    Returns:
        What is not as a run writes it; ``None`` where all is.
    """
    if not isinstance(kept, dict):
        return "has no 'epoch_log'"
    counts, names = ("samples", "epoch_samples", "logged_step"), ("step_scores", "epoch_scores")
    if not all(is_count(kept.get(name)) for name in counts):
        return "has an 'epoch_log' without counts"
    if not all(isinstance(kept.get(name), list) and all(isinstance(s, str) for s in kept[name]) for name in names):
        return "has an 'epoch_log' without names of scores"
    for name in ("val_scores", "phases"):
        named = kept.get(name)
        if not isinstance(named, dict) or not all(isinstance(k, str) and _is_number(v) for k, v in named.items()):
            return f"has an 'epoch_log' without {name.replace('_', ' ')}"
    drawn = kept.get("drawn") or {}
    if not isinstance(drawn, dict) or not all(isinstance(k, str) and is_count(v) for k, v in drawn.items()):
        return "has an 'epoch_log' without counts of points"
    if not _are_rows(kept.get("rows")):
        return "has an 'epoch_log' without one row an epoch"
    return None


def _are_rows(rows: Any) -> bool:
    if not isinstance(rows, list) or not all(isinstance(row, (str, dict)) for row in rows):
        return False
    try:
        found = rows_kept({"rows": rows})
    except (ValueError, RecursionError):
        return False
    return all(_is_row(row, epoch) for epoch, row in enumerate(found))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_row(row: Any, epoch: int) -> bool:
    if not isinstance(row, dict) or row.get("epoch") != epoch or not is_count(row.get("step")):
        return False
    plain = (value is None or isinstance(value, (int, float, str)) for value in row.values())
    return all(isinstance(name, str) for name in row) and all(plain)
