"""What a run says of the count of epochs."""

from typing import Any

from epochwise.epochs.analysis import analyse
from epochwise.epochs.replay_table import ReplayTable
from epochwise.report.report_run import ReportRun


def find_out(run: ReportRun, replays: ReplayTable | None = None, more_epochs: int | None = None) -> dict[str, Any]:
    """Judge a run by its curves, and by the reference scores that its ``result.json`` has; see ``analyse``."""
    names = ("chance", "ideal", "neighbours")
    known = [run.result.get(key) if run.result.get("monitor") == run.monitor else None for key in names]
    chance, ideal, neighbours = (float(value) if isinstance(value, (int, float)) else None for value in known)
    return analyse(
        run.rows, run.monitor, run.mode, chance, ideal, run.settings or None, replays, more_epochs, neighbours
    )
