"""The columns of a run as plain values, its best row, and what wrote it."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.epoch_table import EpochTable
from epochwise.logs.directions import direction_of
from epochwise.report.read_runs import ReportRun
from epochwise.run.epochs_csv import best_row

#: Of more epochs, so many are shown; the answers are of all of them.
MOST_SHOWN = 20_000
HIDDEN = ("events", "scored_step")

Numbers = list[float | int | None]


def shown_columns(run: ReportRun) -> tuple[dict[str, Numbers], int]:
    """Name -> values, and of how many epochs one is among them; the best one and the last always are."""
    rows = run.rows
    if not isinstance(rows, EpochTable):
        names = list(dict.fromkeys(name for row in rows for name in row if name not in HIDDEN))
        return {name: [plain_number(row.get(name)) for row in rows] for name in names}, 1
    every = max(-(-len(rows) // MOST_SHOWN), 1)
    kept = np.arange(0, len(rows), every)
    if every > 1:
        kept = np.union1d(kept, [int(best_of(run).get("epoch", 0)), len(rows) - 1])
    return {name: _plain(values[kept]) for name, values in rows.columns.items() if name not in HIDDEN}, every


def _plain(values: NDArray[Any]) -> Numbers:
    if values.dtype == object:
        return [plain_number(value) for value in values]
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**53)
    pairs = zip(values.tolist(), whole.tolist(), strict=True)
    return [int(value) if is_whole else None if np.isnan(value) else value for value, is_whole in pairs]


def best_of(run: ReportRun) -> Mapping[str, Any]:
    """The row with the best score, the first of equals; empty where none has one."""
    if not isinstance(run.rows, EpochTable):
        return best_row([dict(row) for row in run.rows], run.monitor, run.mode) or {}
    best = _best(run.rows, run.monitor, run.mode)
    return {} if best is None else run.rows[best]


def _best(rows: EpochTable, name: str, mode: Literal["min", "max"]) -> int | None:
    values = rows.columns.get(name)
    if values is None or values.dtype == object or not np.isfinite(values).any():
        return None
    losses = np.where(np.isfinite(values), values if mode == "min" else -values, np.inf)
    return int(np.argmin(losses))


def also_best(run: ReportRun) -> dict[str, tuple[int, float]]:
    """Other scores of validation whose better direction is known -> the row of their best, and its value."""
    found: dict[str, tuple[int, float]] = {}
    if not isinstance(run.rows, EpochTable):
        return found
    for name in run.rows.columns:
        mode = (run.log.modes.get(name) if run.log else None) or direction_of(name)
        if name.startswith("val/") and name != run.monitor and mode is not None:
            best = _best(run.rows, name, mode)
            if best is not None:
                found[name] = (best, float(run.rows.columns[name][best]))
    return found


def events_of(run: ReportRun) -> list[dict[str, Any]]:
    """What happened, in the order of the epochs."""
    if isinstance(run.rows, EpochTable) and "events" not in run.rows.columns:
        return []
    rows = enumerate(run.rows)
    return [{"epoch": epoch, "name": name} for epoch, row in rows for name in str(row.get("events") or "").split()]


def source_of(run: ReportRun) -> dict[str, Any]:
    """What wrote the log, and what its rows are; see ``logs.log.Log``."""
    log = run.log
    if log is None:
        return {"tool": "Epochwise", "unit": "epoch", "num_epochs": len(run.rows), "epochs_done": None, "also_best": {}}
    return {
        "tool": log.tool,
        "unit": log.unit,
        "num_epochs": log.num_epochs,
        "epochs_done": log.epochs_done,
        "also_best": also_best(run),
    }


def plain_number(value: Any) -> float | int | None:
    """A number as it is, None for whatever else."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
