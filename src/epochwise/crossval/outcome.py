"""What the folds say together."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Literal

import numpy as np

from epochwise.epochs.best_epoch_count import best_epoch_count, same_steps
from epochwise.epochs.curve import columns_of
from epochwise.report.report_run import ReportRun


def outcome(
    runs: Sequence[ReportRun], monitor: str, mode: Literal["min", "max"], max_epochs: int, repeats: int = 1
) -> dict[str, Any]:
    """Choose a count of epochs from the folds, and carry it over to a run on all of the data.

    Args:
        runs: one a fold, in their order, each with its ``result.json``.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        max_epochs: of the folds, which their schedule was drawn over.
        repeats: how often the samples were cut.

    Returns:
        Plain values: ``folds`` (``epochs``: ``value``, the best count, ``low`` and ``high`` within one standard error;
        ``mean``, ``stderr`` there; ``samples`` and ``steps_per_epoch``, means over folds), ``all`` (the same counts for
        train and val together, as many steps; ``max_epochs`` for its schedule) and ``curve`` (``mean``, ``stderr``, E
        each, None where a fold has no score).

    Raises:
        InputError: see ``best_epoch_count``.
    """
    count = best_epoch_count(columns_of([run.rows for run in runs], monitor), mode, repeats)
    plans = [run.result["plan"] for run in runs]
    samples = float(np.mean([run.result["samples"]["train"] for run in runs]))
    all_samples = max(run.result["samples"]["train"] + run.result["samples"]["val"] for run in runs)
    steps = float(np.mean([plan["steps_per_epoch"] for plan in plans]))
    all_steps = ceil(all_samples / plans[0]["samples_per_step"])
    counts = {name: getattr(count, name) for name in ("value", "low", "high")}
    return {
        "monitor": monitor,
        "mode": mode,
        "folds": {
            "epochs": counts,
            "mean": count.mean[count.value - 1],
            "stderr": count.stderr[count.value - 1],
            "samples": samples,
            "steps_per_epoch": steps,
        },
        "all": {
            "epochs": {name: same_steps(value, steps, all_steps) for name, value in counts.items()},
            "max_epochs": same_steps(max_epochs, steps, all_steps),
            "samples": all_samples,
            "steps_per_epoch": all_steps,
        },
        "curve": {"mean": count.mean.tolist(), "stderr": count.stderr.tolist()},
    }
