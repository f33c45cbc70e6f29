"""The report of a run that has just ended."""

from datetime import datetime
from pathlib import Path

from epochwise.commands.shown import shown
from epochwise.report.document import make_document
from epochwise.report.find_out import find_out
from epochwise.report.read_runs import read_runs
from epochwise.report.write_report import write_report


def run_report(folder: Path) -> Path | None:
    """Write ``report.html`` and ``curves.png`` from what the run folder holds, as report.py would later.

    Returns:
        The page; ``None`` where no epoch was trained.
    """
    if not (folder / "epochs.csv").exists():
        return None
    runs = read_runs([folder])
    return write_report(make_document(shown(folder), runs, list(map(find_out, runs)), datetime.now()), folder)
