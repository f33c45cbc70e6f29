"""What the folds say together."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from epochwise.epochs.best_epoch_count import best_epoch_count, same_steps
from epochwise.epochs.curve import columns_of
from epochwise.report.report_run import ReportRun
from epochwise.report.seed_groups import most_schedules_ended
from epochwise.run.run_config import read_run_config


def outcome(
    runs: Sequence[ReportRun],
    monitor: str,
    mode: Literal["min", "max"],
    num_samples: int,
    steps_per_epoch: int,
    repeats: int = 1,
) -> dict[str, Any]:
    """Choose a count of epochs from the folds, and carry it over to a run on all of the data.

    Args:
        runs: one a fold, in their order, each with its ``result.json`` and ``config.yaml``.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        num_samples: that the run on all of the data trains on.
        steps_per_epoch: of that run.
        repeats: how often the samples were cut.

    Returns:
        Plain values: ``folds`` (``epochs``: ``value``, the best count, ``low`` and ``high`` within one standard error;
        ``schedules_ended``: the count holds for this schedule alone, since in most folds it ended before they had
        levelled off; ``mean``, ``stderr`` there; ``max_epochs``, ``samples`` and ``steps_per_epoch``, means over
        folds), ``all`` (the same counts for train and val together, as many steps; ``max_epochs`` for its schedule;
        ``ratio``, steps of an epoch of the folds over its own) and ``curve`` (``mean``, ``stderr``, E each, None where
        a fold has no score).

    Raises:
        InputError: see ``best_epoch_count``.
    """
    count = best_epoch_count(columns_of([run.rows for run in runs], monitor), mode, repeats)
    samples = float(np.mean([run.result["samples"]["train"] for run in runs]))
    # A budget in samples may be other epochs in each fold.
    max_epochs = np.array([read_run_config(run.folder).trainer.max_epochs for run in runs])
    fold_steps = np.array([run.result["plan"]["steps_per_epoch"] for run in runs])
    steps = float(fold_steps.mean())
    horizon = float((max_epochs * fold_steps).mean()) / steps
    counts = {name: getattr(count, name) for name in ("value", "low", "high")}
    return {
        "monitor": monitor,
        "mode": mode,
        "folds": {
            "epochs": counts,
            "schedules_ended": most_schedules_ended(runs),
            "mean": count.mean[count.value - 1],
            "stderr": count.stderr[count.value - 1],
            "max_epochs": float(max_epochs.mean()),
            "samples": samples,
            "steps_per_epoch": steps,
        },
        "all": carried_counts(counts, horizon, steps, num_samples, steps_per_epoch),
        "curve": {"mean": count.mean.tolist(), "stderr": count.stderr.tolist()},
    }


def carried_counts(
    counts: dict[str, int], max_epochs: float, steps_per_epoch: float, all_samples: int, all_steps_per_epoch: int
) -> dict[str, Any]:
    """Counts of epochs of the folds as those of a run on all of the data: ``all`` of ``outcome``."""
    horizon = same_steps(max_epochs, steps_per_epoch, all_steps_per_epoch)
    return {
        "epochs": {
            name: min(same_steps(value, steps_per_epoch, all_steps_per_epoch), horizon)
            for name, value in counts.items()
        },
        "max_epochs": horizon,
        "samples": all_samples,
        "steps_per_epoch": all_steps_per_epoch,
        "ratio": steps_per_epoch / all_steps_per_epoch,
    }
