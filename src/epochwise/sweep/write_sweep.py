"""The files of a sweep: for programs and for people."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from epochwise.commands.shown import shown
from epochwise.report.document import make_document
from epochwise.report.find_out import find_out
from epochwise.report.read_runs import read_runs
from epochwise.report.write_report import write_report
from epochwise.run.epochs_csv import Row
from epochwise.run.whole_file import whole_file

MOST_RUNS = 50  # of one page


def write_sweep_csv(path: Path, rows: list[Row]) -> None:
    """Write ``sweep.csv``: a row a job, columns in the order in which they first appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "reason"))
    with whole_file(path) as file:
        writer = csv.DictWriter(file, [*columns, "reason"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_sweep_report(folder: Path, runs: Sequence[Path]) -> Path | None:
    """Write ``report.html`` and ``curves.png`` of all runs to the sweep's folder, as report.py would later.

    Returns:
        The page; None where no run has an epoch, or there are too many for a page.
    """
    told = read_runs([run for run in runs if (run / "epochs.csv").exists()])
    if not told or len(told) > MOST_RUNS:
        return None
    return write_report(make_document(shown(folder), told, list(map(find_out, told)), datetime.now()), folder)
