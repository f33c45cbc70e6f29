"""What runs that differ by their seed alone have in common."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from epochwise.epochs.best_epoch_count import best_epoch_count
from epochwise.epochs.curve import column_of
from epochwise.input_error import InputError
from epochwise.report.read_runs import read_runs
from epochwise.report.report_run import ReportRun
from epochwise.report.seed_groups import seed_groups


def over_seeds(folders: Sequence[Path], monitor: str, mode: Literal["min", "max"]) -> list[str]:
    """Say of each setting that was run with several seeds: its scores and best epochs, with mean and spread.

    Args:
        folders: of finished runs.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.

    Returns:
        A line a setting. ``±`` is the standard deviation over seeds.
    """
    runs = read_runs([folder for folder in folders if (folder / "epochs.csv").exists()])
    groups = [group for group in seed_groups(runs) if group.by == "seed"]
    return [_line([runs[index] for index in group.runs], monitor, mode) for group in groups]


def _line(runs: list[ReportRun], monitor: str, mode: Literal["min", "max"]) -> str:
    epochs = [run.result["best_epoch"] for run in runs if run.result.get("best_epoch") is not None]
    parts = [f"{monitor} {_spread([run.result.get('best_score') for run in runs])}"]
    if epochs:
        parts.append(f"best epoch {_spread(epochs, 1)} ({min(epochs)} to {max(epochs)})")
    tests = [name for name in runs[0].result.get("test") or () if name != "loss"]
    parts += [f"test {name} {_spread([(run.result.get('test') or {}).get(name) for run in runs])}" for name in tests]
    seeds = ",".join(str(run.settings["seed"]) for run in runs)
    return f"{runs[0].name} and {len(runs) - 1} more (seed={seeds}): {'; '.join(parts)}{_count(runs, monitor, mode)}"


def _count(runs: list[ReportRun], monitor: str, mode: Literal["min", "max"]) -> str:
    curves = [column_of(run.rows, monitor) for run in runs]
    scores = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(scores, curves, strict=True):
        row[: len(curve)] = curve
    try:
        count = best_epoch_count(scores, mode)
    except InputError:  # no epoch that all of them scored
        return ""
    return f"; {count.value} epochs are best over all of them ({count.low} to {count.high} within one standard error)"


def _spread(values: Sequence[float | None], digits: int = 4) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "none"
    spread = f" ± {np.std(known, ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{np.mean(known):.{digits}f}{spread}"
