"""From run folders and tables to what they say about the count of epochs."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.ladder.ladder import read_counts, runs_of
from epochwise.ladder.tell_ladder import answer_lines, print_table
from epochwise.report.answers import answers
from epochwise.report.document import find_out, make_document
from epochwise.report.page import write_findings, write_report
from epochwise.report.read_runs import ReportRun, read_runs
from epochwise.report.summary import shown_rows, summarise, summary_table
from epochwise.report.terminal import print_wide, shown, tell
from epochwise.run.run_folder import whole_file


def report(config: DictConfig) -> None:
    """Read runs, judge them, and write ``report.html``, ``curves.png`` and what was found to each ``result.json``.

    Of other tools' files, these go to a folder of their own beside the file; with ``json=true`` nothing is written
    unless ``output`` is given.

    Args:
        config: a composed ``conf/report.yaml``.

    Raises:
        InputError: no such run or table, a monitor that it does not have, or nothing can be written there.
    """
    check(config, "report")
    if not config.runs:
        raise InputError("runs: none given; allowed: run folders, logs of any tool, folders of them")
    paths = [Path(path) for path in config.runs]
    counts = read_counts(paths[0]) if len(paths) == 1 else None
    if counts and config.monitor not in (None, counts["monitor"]):
        counts = None
    if counts is None and len(paths) == 1 and (file := paths[0] / "counts.json").exists():
        print(
            f"{file}: left out, it is damaged or chose by another score; what follows is of single runs",
            file=sys.stderr,
        )
    left_out: list[str] = []
    wanted = (counts and runs_of(paths[0], counts)) or paths
    runs = read_runs(wanted, config.monitor, config.mode, config.steps_per_epoch, left_out)
    replays = instantiate(config.replay)
    findings = [find_out(run, replays, config.more_epochs) for run in runs]
    if config.json:
        print(json.dumps(answers(runs, findings), indent=2, allow_nan=False))
        if not config.output:
            return
    for note in dict.fromkeys([*left_out, *(note for run in runs for note in run.notes)]):
        print(note, file=sys.stderr)
    ladder = paths[0] if counts else None
    folder = Path(config.output) if config.output else ladder or _place(runs)
    title = runs[0].name if len(runs) == 1 else shown(folder if all(run.is_own for run in runs) else _shared(runs))
    document = make_document(title, runs, findings, datetime.now()) | ({"counts": counts} if counts else {})
    fault = None
    try:
        write_report(document, folder)
        _write_findings(runs, findings, folder, to_output=bool(config.output))
    except OSError as error:
        said = f"cannot write {error.filename or folder}: {error.strerror}; allowed: output=FOLDER"
        fault = InputError(f"output: {said}")
    if not config.json:  # also where nothing could be written; and behind it, since `| head` ends what is told
        _tell(document)
        if fault is None:
            tell({"report": f"{shown(folder / 'report.html')} and {shown(folder / 'curves.png')}"})
    if fault is not None:
        raise fault


#: Where the report of somebody else's file goes: beside it, under a name that no tool writes.
BESIDE, BELOW = ".epochwise", "epochwise-report"


def _place(runs: list[ReportRun]) -> Path:
    """The run's own folder, or the one that holds them all; of other tools' files one of the report's own."""
    tables = list(dict.fromkeys(run.table for run in runs))
    if all(run.is_own for run in runs):
        return _shared(runs)
    if len(tables) == 1:
        return tables[0].with_name(f"{tables[0].name}{BESIDE}")
    return _shared(runs) / BELOW


def _write_findings(runs: list[ReportRun], findings: list[dict[str, Any]], folder: Path, to_output: bool) -> None:
    """Each own run's to its ``result.json``; those of other tools' files to one list beside the page.

    Of one file alone, ``result.json`` there has all that was found of its last training.
    """
    for run, found in zip(runs, findings, strict=True):
        if run.is_own:
            write_findings(run, found, _result_file(run, runs, folder if to_output and len(runs) == 1 else None))
    if all(run.is_own for run in runs):
        return
    if len({run.table for run in runs}) == 1:
        if not to_output:
            (folder / "result.json").unlink(missing_ok=True)  # this folder is the report's own
        write_findings(runs[-1], findings[-1], folder / "result.json")
    with whole_file(folder / "results.json") as file:
        json.dump(answers(runs, findings), file, indent=2, allow_nan=False)
        file.write("\n")


def _result_file(run: ReportRun, runs: list[ReportRun], output: Path | None) -> Path:
    """``result.json``, and ``<table>.result.json`` for each of several tables of one folder."""
    neighbours = [other for other in runs if other.folder == run.folder]
    name = "result.json" if len(neighbours) == 1 else f"{run.table.stem}.result.json"
    return (output or run.folder) / name


def _shared(runs: list[ReportRun]) -> Path:
    return Path(os.path.commonpath([run.folder.absolute() for run in runs]))


def _tell(document: dict[str, Any]) -> None:
    runs = document["runs"]
    if counts := document.get("counts"):
        print_table(counts)
        tell(answer_lines(counts))
        return
    if len(runs) == 1:
        tell(summarise(runs[0]))
        return
    print_wide(summary_table(document))
    if more := len(runs) - shown_rows(document):
        tell({"": f"and {more} more runs"})
    if len({run["table"] for run in runs}) == 1:
        tell(summarise(runs[-1]))
