"""What a ladder of counts has measured: from its jobs, or from its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.curve import column_of
from epochwise.ladder.jobs import Rung, branch_name, trunk_name
from epochwise.run.epochs_csv import Row, read_epochs_csv
from epochwise.run.run_folder import read_json
from epochwise.sweep.draw_sweep import MOST_RUNS
from epochwise.sweep.job import JobRecord
from epochwise.sweep.read_jobs import read_result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ladder:
    """The scores at the end of runs of C counts of epochs with S seeds each, every one with a schedule of its own.

    Args:
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        counts: (C,) of epochs, ascending.
        seeds: (S,).
        scores: (S, C) the monitor at the end of each run; NaN where a run has none.
        steps: (C,) optimizer steps of one run.
        seconds: (C,) that one run takes by itself, mean over seeds; NaN where unknown.
        price_epochs: (C,) epochs that were trained for this count alone, a seed: its part of the trunk and its branch.
        others: further scores of validation: name -> (S, C).
        modes: of those of them that have a better direction: name -> ``min`` or ``max``.
        trunks: (S,) the rows of ``epochs.csv`` of each seed's trunk; empty where it has none.
        failed: jobs that failed: name -> reason.
        test: name -> (S,) scores of the test split at the count that was chosen; None before it was scored.
    """

    monitor: str
    mode: Literal["min", "max"]
    counts: tuple[int, ...]
    seeds: tuple[int, ...]
    scores: Floats
    steps: Floats
    seconds: Floats
    price_epochs: Floats
    others: dict[str, Floats] = field(default_factory=dict)
    modes: dict[str, Literal["min", "max"]] = field(default_factory=dict)
    trunks: tuple[list[Row], ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    test: dict[str, list[float]] | None = None


def read_ladder(
    folder: Path,
    rungs: Sequence[Rung],
    seeds: Sequence[int],
    monitor: str,
    mode: Literal["min", "max"],
    directions: Mapping[str, str],
) -> Ladder:
    """Read the jobs of rungs that have been trained.

    Args:
        folder: of the ladder.
        rungs: ascending.
        seeds: of the runs of each.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        directions: ``min`` or ``max`` of what the task logs, by its name without ``val/``.
    """
    names = [branch_name(rung.count, seed) for rung in rungs for seed in seeds]
    names += [trunk_name(rung.steady, seed) for rung in rungs if rung.steady > rung.before for seed in seeds]
    failed = {name: why for name in names if (why := _failure(folder / name))}
    branches = [[_rows(folder / branch_name(rung.count, seed), failed) for rung in rungs] for seed in seeds]
    ends: list[list[Row]] = [[rows[-1] if rows else {} for rows in one] for one in branches]
    scored = dict.fromkeys(name for one in ends for row in one for name in row if name.startswith("val/"))
    scores = {name: np.array([column_of(one, name) for one in ends]) for name in (monitor, *scored)}
    steps = np.array([column_of(one, "step") for one in ends])
    seconds = np.array([[column_of(rows, "seconds").sum() if rows else np.nan for rows in one] for one in branches])
    modes: dict[str, Literal["min", "max"]] = {}
    for name in scores:
        if better := directions.get(name.partition("/")[2]):
            modes[name] = "max" if better == "max" else "min"
    highest = [max((rung.steady for rung in rungs), default=0)] * len(seeds)
    trunks = [_rows(folder / trunk_name(steady, seed), failed) for steady, seed in zip(highest, seeds, strict=True)]
    return Ladder(
        monitor,
        mode,
        tuple(rung.count for rung in rungs),
        tuple(seeds),
        scores.pop(monitor),
        _mean(steps),
        _mean(seconds),
        np.array([rung.price_of(len(seeds)) / len(seeds) for rung in rungs]),
        scores,
        modes,
        tuple(trunks),
        failed,
    )


def _failure(job: Path) -> str | None:
    """Why a job did not come to its end; None where it did."""
    record = JobRecord.read(job)
    if record is None or record.status in ("waiting", "running"):
        return "it was killed"
    if record.status != "finished":
        return record.reason or record.status
    result = read_result(job)
    return None if result.get("status") == "completed" else f"{result.get('status')}: {result.get('reason')}"


def _rows(job: Path, failed: dict[str, str]) -> list[Row]:
    there = job.name not in failed and (job / "epochs.csv").exists()
    return read_epochs_csv(job / "epochs.csv") if there else []


def _mean(values: np.ndarray) -> np.ndarray:
    """(C,) means over seeds of (S, C), of those that are known."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


#: A number, or null, for each count.
COLUMNS = ("mean", "stderr", "gain", "gain_stderr", "price_epochs", "steps", "seconds")
KINDS = {
    **dict.fromkeys(("counts", "seeds", "words", "trunk", *COLUMNS), list),
    "scores": dict,
    "failed": dict,
    "test": dict | None,
    "monitor": str,
    "mode": str,
    "recommended": int,
}


def read_counts(folder: Path) -> dict[str, Any] | None:
    """What ``counts.json`` says (see ``counts_document``); None where it is absent, damaged or somebody else's."""
    found = read_json(folder / "counts.json")
    return found if _is_whole(found) else None


def _is_whole(found: dict[str, Any]) -> bool:
    """Whether all that is shown of it is there, and of the right kind and length."""
    if any(not isinstance(found.get(name), kind) for name, kind in KINDS.items()) or "forecast" not in found:
        return False
    counts, scores = found["counts"], found["scores"].values()
    whole = all(isinstance(count, int) for count in counts) and found["recommended"] in counts
    if not whole or not all(isinstance(rows, list) and len(rows) == len(found["seeds"]) for rows in scores):
        return False
    columns = [*(found[name] for name in COLUMNS), *(row for rows in scores for row in rows)]
    numbers = all(isinstance(column, list) and len(column) == len(counts) for column in columns)
    return numbers and all(isinstance(value, int | float | None) for column in columns for value in column)


def runs_of(folder: Path, counts: dict[str, Any]) -> list[Path]:
    """The folders of its whole runs, not those of its trunks; of more than a page holds, the longest."""
    places = [folder / branch_name(count, seed) for count in counts["counts"] for seed in counts["seeds"]]
    return [place for place in places if (place / "epochs.csv").exists()][-MOST_RUNS:]
