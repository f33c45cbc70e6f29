"""From run folders and tables to what they say about the count of epochs."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console

from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.ladder.ladder import read_counts, runs_of
from epochwise.ladder.tell_ladder import answer_lines, print_table
from epochwise.report.document import find_out, make_document
from epochwise.report.page import write_findings, write_report
from epochwise.report.read_runs import ReportRun, read_runs
from epochwise.report.terminal import MOST_ROWS, shown, summarise, summary_table, tell


def report(config: DictConfig) -> None:
    """Read runs, judge them, and write ``report.html``, ``curves.png`` and what was found to each ``result.json``.

    Args:
        config: a composed ``conf/report.yaml``.

    Raises:
        InputError: no such run or table, a monitor that it does not have, or nothing can be written there.
    """
    check(config, "report")
    if not config.runs:
        raise InputError("runs: none given; allowed: run folders, folders of them, tables")
    paths = [Path(path) for path in config.runs]
    counts = read_counts(paths[0]) if len(paths) == 1 else None
    if counts and config.monitor not in (None, counts["monitor"]):
        counts = None
    if counts is None and len(paths) == 1 and (file := paths[0] / "counts.json").exists():
        print(
            f"{file}: left out, it is damaged or chose by another score; what follows is of single runs",
            file=sys.stderr,
        )
    runs = read_runs((counts and runs_of(paths[0], counts)) or paths, config.monitor, config.mode)
    replays = instantiate(config.replay)
    findings = [find_out(run, replays, config.more_epochs) for run in runs]
    for note in (note for run in runs for note in run.notes):
        print(note, file=sys.stderr)
    ladder = paths[0] if counts else None
    folder = Path(config.output) if config.output else ladder or _shared([run.folder for run in runs])
    title = runs[0].name if len(runs) == 1 else shown(folder)
    document = make_document(title, runs, findings, datetime.now()) | ({"counts": counts} if counts else {})
    try:
        page = write_report(document, folder)
        for run, found in zip(runs, findings, strict=True):
            write_findings(run, found, _result_file(run, runs, folder if config.output and len(runs) == 1 else None))
    except OSError as error:
        raise InputError(f"output: cannot write {error.filename or folder}: {error.strerror}") from error
    _tell(document, page)


def _result_file(run: ReportRun, runs: list[ReportRun], output: Path | None) -> Path:
    """``result.json``, and ``<table>.result.json`` for each of several tables of one folder."""
    neighbours = [other for other in runs if other.folder == run.folder]
    name = "result.json" if len(neighbours) == 1 else f"{run.table.stem}.result.json"
    return (output or run.folder) / name


def _shared(folders: list[Path]) -> Path:
    return Path(os.path.commonpath([folder.absolute() for folder in folders]))


def _tell(document: dict[str, Any], page: Path) -> None:
    runs = document["runs"]
    where = {"report": f"{shown(page)} and {shown(page.with_name('curves.png'))}"}
    if counts := document.get("counts"):
        print_table(counts)
        tell(answer_lines(counts) | where)
        return
    if len(runs) == 1:
        tell(summarise(runs[0]) | where)
        return
    Console(highlight=False).print(summary_table(document))
    more = len(runs) - (MOST_ROWS - len(document["seeds"]))
    tell(({"": f"and {more} more runs"} if more > 0 else {}) | where)
