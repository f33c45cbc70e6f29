"""What a ladder's jobs have measured, from their folders."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from epochwise.epochs.curve import column_of
from epochwise.ladder.jobs import Rung, branch_name, trunk_name
from epochwise.ladder.ladder import Ladder
from epochwise.run.epochs_csv import Row, read_epochs_csv
from epochwise.run.job_record import JobRecord
from epochwise.sweep.read_jobs import read_result


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
        np.array([float(rung.price_epochs) for rung in rungs]),
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
