"""What runs that differ by their seed alone have in common."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epochwise.report.read_runs import read_runs
from epochwise.report.report_run import ReportRun
from epochwise.report.seed_groups import SeedGroup, seed_groups
from epochwise.report.told_apart import told_apart


def over_seeds(folders: Sequence[Path]) -> list[str]:
    """Say of each setting that was run with several seeds: its scores and best epochs, with mean and spread.

    Args:
        folders: of finished runs.

    Returns:
        A line a setting. ``±`` is the standard deviation over seeds.
    """
    runs = read_runs([folder for folder in folders if (folder / "epochs.csv").exists()])
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
