"""The picture, the table and the page of a sweep."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochwise.report.document import find_out, make_document
from epochwise.report.page import write_report
from epochwise.report.read_runs import ReportRun
from epochwise.report.terminal import shown
from epochwise.run.epochs_csv import Row, read_epochs_csv
from epochwise.run.run_folder import whole_file
from epochwise.sweep.read_jobs import Job

Floats = NDArray[np.float64]


def swept_setting(jobs: Sequence[Job], keys: Sequence[str]) -> tuple[str, Floats] | None:
    """The one setting, beside the seed, in which finished jobs differ, where all its values are numbers.

    Args:
        jobs: finished ones.
        keys: the settings in which they differ.

    Returns:
        Its key and its (N,) values, one a job; None where several differ, or none, or it is no number.
    """
    others = [key for key in keys if key != "seed"]
    if len(others) != 1:
        return None
    try:
        values = np.array([float(job.settings[others[0]]) for job in jobs])
    except (KeyError, ValueError):
        return None
    return (others[0], values) if len(set(values)) > 1 else None


def curve_over(values: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of the scores at each value.

    Args:
        values: (N,) of the setting.
        scores: (N,) NaN where there is none.

    Returns:
        (V,) the different values in ascending order, the means, and the standard deviations: 0 of a single score.
    """
    different = np.unique(values)
    parts = [scores[(values == value) & np.isfinite(scores)] for value in different]
    means = np.array([part.mean() if len(part) else np.nan for part in parts])
    stds = np.array([part.std(ddof=1) if len(part) > 1 else 0.0 for part in parts])
    return different, means, stds


def draw_sweep(jobs: Sequence[Job], keys: Sequence[str], monitor: str, path: Path) -> Path | None:
    """Draw the score at the best epoch, of val and of train in eval mode, against the one setting that was swept.

    The mean over seeds, with a band of one standard deviation. Values over more than a decade stand on a logarithmic
    axis.

    Args:
        jobs: finished ones.
        keys: the settings in which they differ.
        monitor: the score.
        path: of the picture.

    Returns:
        The picture; None where not one number alone was swept.
    """
    found = swept_setting(jobs, keys)
    if found is None:
        return None
    import matplotlib.pyplot as plt  # a second that most sweeps need not wait for

    key, values = found
    stage, _, name = monitor.partition("/")
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for label, column, colour in ((monitor, monitor, "C0"), (f"train/{name}", f"train_eval/{name}", "C1")):
        at, means, stds = curve_over(values, np.array([_at_best(job, column) for job in jobs]))
        if label == monitor or (stage == "val" and np.isfinite(means).any()):
            axes.plot(at, means, marker="o", color=colour, label=f"{label} at the best epoch")
            axes.fill_between(at, means - stds, means + stds, color=colour, alpha=0.2, linewidth=0)
    if values.min() > 0 and values.max() / values.min() > 10:
        axes.set_xscale("log")
    axes.set(xlabel=key, ylabel=name or monitor)
    axes.grid(alpha=0.3)
    axes.legend()
    with whole_file(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    plt.close(figure)
    return path


def _at_best(job: Job, column: str) -> float:
    try:
        rows: list[dict[str, Any]] = list(read_epochs_csv(job.folder / "epochs.csv"))
        value = rows[int(job.result["best_epoch"])].get(column)
    except (OSError, KeyError, TypeError, IndexError):
        return float("nan")
    return float(value) if isinstance(value, (int, float)) else float("nan")


MOST_RUNS = 50  # of one page


def write_sweep_csv(path: Path, rows: list[Row]) -> None:
    """Write ``sweep.csv``: a row a job, columns in the order in which they first appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "reason"))
    with whole_file(path) as file:
        writer = csv.DictWriter(file, [*columns, "reason"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_sweep_report(folder: Path, runs: Sequence[ReportRun]) -> Path | None:
    """Write ``report.html`` and ``curves.png`` of all runs to the sweep's folder, as report.py would later.

    Args:
        folder: of the sweep.
        runs: see ``scored_runs``.

    Returns:
        The page; None where no run has an epoch, or there are too many for a page.
    """
    if not runs or len(runs) > MOST_RUNS:
        return None
    return write_report(make_document(shown(folder), runs, list(map(find_out, runs)), datetime.now()), folder)
