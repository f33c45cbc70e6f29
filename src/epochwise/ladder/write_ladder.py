"""The files of a ladder of counts: for programs and for people."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from epochwise.commands.shown import shown
from epochwise.epochs.score_over_counts import ScoreOverCounts
from epochwise.ladder.count_points import write_count_points
from epochwise.ladder.counts_document import count_rows, counts_document
from epochwise.ladder.draw_counts import draw_counts
from epochwise.ladder.ladder import Ladder
from epochwise.ladder.read_counts import runs_of
from epochwise.report.document import make_document
from epochwise.report.find_out import find_out
from epochwise.report.read_runs import read_runs
from epochwise.report.write_report import write_report
from epochwise.run.whole_file import whole_file


def write_ladder(folder: Path, ladder: Ladder, found: ScoreOverCounts, report: bool = True) -> Path | None:
    """Write ``counts.csv``, ``counts.json``, ``counts.png``, points for TensorBoard and, where asked for, the page.

    Args:
        folder: of the ladder, in which its runs ``epochs-<count>-seed-<seed>`` lie.
        ladder: what was measured.
        found: what it says.
        report: whether ``report.html`` and ``curves.png`` are written: the score over counts, then the runs' curves.

    Returns:
        The page; None where there is none.
    """
    document = counts_document(ladder, found)
    rows = count_rows(document)
    with whole_file(folder / "counts.csv") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with whole_file(folder / "counts.json") as file:
        json.dump(document, file, indent=2, allow_nan=False)
        file.write("\n")
    draw_counts(document, folder / "counts.png")
    write_count_points(document, folder / "tensorboard")
    return _write_page(folder, document) if report else None


def _write_page(folder: Path, document: dict[str, Any]) -> Path | None:
    if not (there := runs_of(folder, document)):
        return None
    runs = read_runs(there)
    page = make_document(shown(folder), runs, list(map(find_out, runs)), datetime.now())
    return write_report(page | {"counts": document}, folder)
