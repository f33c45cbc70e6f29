"""The jobs of a sweep, from their folders, and what they say over seeds and folds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from epochwise.epochs.curve import columns_of
from epochwise.epochs.recommended import best_epoch_count, same_steps
from epochwise.report.read_runs import ReportRun, read_runs
from epochwise.report.seed_groups import SeedGroup, most_schedules_ended, seed_groups, told_apart
from epochwise.run.epochs_csv import Row
from epochwise.run.run_config import read_run_config
from epochwise.run.run_folder import read_json
from epochwise.sweep.job import JobRecord


@dataclass(frozen=True)
class Job:
    """One job: what was asked of it and what came of it.

    Args:
        folder: its run folder.
        record: what it was, and whether it is done.
        result: its ``result.json``; empty where there is none.
    """

    folder: Path
    record: JobRecord
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Its overrides, key -> value as typed."""
        parts = [text.partition("=") for text in self.record.overrides]
        return {key.lstrip("+"): value for key, _, value in parts}


def read_jobs(folder: Path) -> list[Job]:
    """Read the jobs of a sweep's folder, in the order of their numbers."""
    found = [(path.parent, JobRecord.read(path.parent)) for path in folder.glob("*/job.json")]
    jobs = [Job(place, record, read_result(place)) for place, record in found if record is not None]
    return sorted(jobs, key=lambda job: (job.record.job, job.folder.name))


def differing(jobs: list[Job]) -> list[str]:
    """The settings in which the jobs differ, in the order in which they were typed."""
    keys = dict.fromkeys(key for job in jobs for key in job.settings)
    return [key for key in keys if len({job.settings.get(key) for job in jobs}) > 1]


def sweep_rows(jobs: list[Job]) -> list[Row]:
    """The table of a sweep: a row a job, the settings that differ, then what came out.

    Args:
        jobs: as ``read_jobs`` gives them.
    """
    keys, rows = differing(jobs), []
    for job in jobs:
        result = job.result
        count = result.get("recommended_epochs") or {}
        row: Row = {"job": job.record.job, "folder": job.folder.name}
        row |= {key: job.settings.get(key) for key in keys}
        row |= {"status": result.get("status") if job.record.status == "finished" else job.record.status}
        row |= {key: result.get(key) for key in ("monitor", "best_score", "best_epoch", "epochs_run", "seconds")}
        row |= {"recommended_epochs": count.get("value"), "at_least": count.get("at_least")}
        row |= {f"test/{name}": value for name, value in (result.get("test") or {}).items()}
        rows.append(row | {"reason": job.record.reason or result.get("reason")})
    return rows


def read_result(folder: Path) -> dict[str, Any]:
    """The ``result.json`` of a run folder; empty where there is none, or a damaged one."""
    return read_json(folder / "result.json")


def scored_runs(jobs: Sequence[Job]) -> list[ReportRun]:
    """The runs of jobs that have come as far as an epoch."""
    return read_runs([job.folder for job in jobs if (job.folder / "epochs.csv").exists()])


def over_seeds(runs: Sequence[ReportRun]) -> list[str]:
    """Say of each setting that was run with several seeds: its scores and best epochs, with mean and spread.

    Args:
        runs: finished ones.

    Returns:
        A line a setting. ``±`` is the standard deviation over seeds.
    """
    apart = told_apart([run.settings for run in runs])
    groups = [group for group in seed_groups(runs) if group.by == "seed"]
    return [_line(group, [runs[index] for index in group.runs], apart[group.runs[0]]) for group in groups]


def _line(group: SeedGroup, runs: list[ReportRun], apart: str) -> str:
    epochs = [run.result["best_epoch"] for run in runs if run.result.get("best_epoch") is not None]
    parts = [f"{runs[0].monitor} {_spread([run.result.get('best_score') for run in runs])}"]
    if epochs:
        parts.append(f"best epoch (from 0) {_spread(epochs, 1)} ({min(epochs)} to {max(epochs)})")
    tests = [name for name in runs[0].result.get("test") or () if name != "loss"]
    parts += [f"test {name} {_spread([(run.result.get('test') or {}).get(name) for run in runs])}" for name in tests]
    seeds = ",".join(str(run.settings["seed"]) for run in runs)
    if (count := group.recommended_epochs) and count["at_least"]:
        parts.append(f"at least {count['value']} epochs: their schedules ended before they had levelled off")
    elif count:
        band = f"{count['low']} to {count['high']} within one standard error"
        parts.append(f"{count['value']} epochs are best over all of them ({band})")
    setting = "".join(f"{word} " for word in apart.split() if not word.startswith("seed="))
    return f"{setting}seed={seeds}: {'; '.join(parts)}"


def _spread(values: Sequence[float | None], digits: int = 4) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "none"
    spread = f" ± {np.std(known, ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{np.mean(known):.{digits}f}{spread}"


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
    settings: list[Any] = [run.settings or read_run_config(run.folder) for run in runs]
    max_epochs = np.array([each["trainer"]["max_epochs"] for each in settings])
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
