"""Runs to report on, from folders and logs of any tool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from epochwise.input_error import InputError
from epochwise.logs.choose_score import choose_score, with_training
from epochwise.logs.directions import direction_of
from epochwise.logs.find_logs import find_logs, is_named_by_folder
from epochwise.logs.log import Log
from epochwise.logs.own import as_written
from epochwise.rules.monitor import metrics_of
from epochwise.run.run_folder import read_json
from epochwise.trust.names import Trust
from epochwise.trust.project import project_trust
from epochwise.trust.run_config import read_trusted_config


@dataclass(frozen=True)
class ReportRun:
    """What a report is made of.

    Args:
        name: short, and unlike those of the other runs of the report.
        table: the file that its rows were read from; what is found goes beside it.
        rows: one an epoch, as those of ``epochs.csv``.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        result: what ``result.json`` holds; of a run that was killed, or another tool's, what is known.
        settings: its config as plain nested mappings, empty where there is none.
        notes: a line each on what was taken for what.
        pictures: a PNG of some of its training pictures; None where there is none.
        log: what it was read from, where it was.
    """

    name: str
    table: Path
    rows: Sequence[Mapping[str, Any]]
    monitor: str
    mode: Literal["min", "max"]
    result: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: bytes | None = None
    log: Log | None = None

    @property
    def is_own(self) -> bool:
        """Whether a run of this project wrote it, and not another tool."""
        return self.log is None or self.table.name == "epochs.csv"

    @property
    def folder(self) -> Path:
        """Where its table lies."""
        return self.table.parent


MOST_PICTURE_BYTES = 150_000  # a page is to stay below 1 MB
Mode = Literal["min", "max"]


def read_runs(
    paths: Sequence[Path],
    monitor: str | None = None,
    mode: Mode | None = None,
    steps_per_epoch: float | None = None,
    left_out: list[str] | None = None,
) -> list[ReportRun]:
    """Read run folders, folders of them (a sweep, ``outputs``), and logs of other tools.

    Args:
        paths: of files and folders.
        monitor: the score that decides; None for the one each run had, else the one its tool goes by, else
            ``val/loss``, else another of validation, else ``train/loss``.
        mode: ``min`` where smaller is better, else ``max``; None where it is known: of the run's own monitor, of what
            the run's task logs, and by the names of scores.
        steps_per_epoch: for logs that count steps alone.
        left_out: takes a line for each file below a folder that is no log, where there are others.

    Raises:
        InputError: nothing is there, a log cannot be read, or no column is the monitor.
    """
    files = list(dict.fromkeys(file for path in paths for file in find_logs(path)))
    asked = {path for path in paths if path.is_file()}
    trust = project_trust()
    found: list[ReportRun] = []
    faults: list[InputError] = []
    for file, name in zip(files, _names(files), strict=True):
        must = file in asked or file.name == "epochs.csv"
        try:
            logs = _logs(file, steps_per_epoch)
        except InputError as error:
            if must:
                raise
            faults.append(error)
            continue
        read, without = _read_all(file, logs, name, (monitor, mode), trust)
        if must and not read:
            raise without[0]
        found += read
        faults += without
    if not found and faults:
        raise InputError(*(line for fault in faults for line in fault.lines))
    if left_out is not None:
        left_out += [f"{fault.lines[0]}; left out" for fault in faults]
    return found


def _logs(file: Path, steps_per_epoch: float | None) -> list[Log]:
    own = as_written(file) if file.name == "epochs.csv" else None
    if own is not None:
        return [own]
    from epochwise.logs.read_log import read_log  # half a second, of pandas

    return read_log(file, steps_per_epoch)


def _read_all(
    file: Path, logs: Sequence[Log], name: str, score: tuple[str | None, Mode | None], trust: Trust
) -> tuple[list[ReportRun], list[InputError]]:
    """The trainings of a file, and why some of them cannot be judged by the score."""
    found, faults = [], []
    for log in logs:
        try:
            found.append(_read(file, log, " ".join(filter(None, (name, log.name))), *score, trust))
        except InputError as error:
            faults.append(error)
    return found, faults


def _names(tables: Sequence[Path]) -> list[str]:
    """As much of each path as tells it from the others."""
    parts = [(*table.absolute().parent.parts, "" if is_named_by_folder(table) else table.name) for table in tables]
    shared = 0
    while len(parts) > 1 and all(len(one) - 1 > shared and one[shared] == parts[0][shared] for one in parts):
        shared += 1
    if len(parts) == 1:
        shared = len(parts[0]) - 2
    named = ["/".join(filter(None, one[shared:])) for one in parts]
    return [name or table.name for name, table in zip(named, tables, strict=True)]


def _read(path: Path, log: Log, name: str, monitor: str | None, mode: Mode | None, trust: Trust) -> ReportRun:
    result: dict[str, Any] = {}
    notes: list[str] = []
    folder, settings = path.parent, {}
    is_own = path.name == "epochs.csv"
    if is_own:
        result = _result(folder / "result.json")
        try:
            settings = read_trusted_config(folder, trust) if (folder / "config.yaml").exists() else {}
        except InputError as error:
            notes.append(f"{error.lines[0]}; its settings are left out")
    own, own_mode = (result.get(key) or settings.get(key) for key in ("monitor", "mode"))
    chosen = choose_score(path, log, monitor, own if isinstance(own, str) else None)
    better = mode or (own_mode if chosen == own else None) or _direction(chosen, settings, log)
    if better not in ("min", "max"):
        said = f"nothing says which {chosen} is better; one of: mode=min (smaller is better), mode=max (larger)"
        raise InputError(f"mode: {said}")
    result = result | ({"test": log.test} if log.test else {})
    pictures = _pictures(folder / "pictures.png") if is_own else None
    return ReportRun(
        name,
        path,
        with_training(log.rows, chosen),
        chosen,
        "min" if better == "min" else "max",
        result,
        settings,
        (*log.notes, *notes),
        pictures,
        log,
    )


def _direction(score: str, settings: dict[str, Any], log: Log) -> str | None:
    name, task = score.partition("/")[2], settings.get("task")
    target = task.get("_target_") if isinstance(task, dict) else None
    directions = metrics_of(target) if isinstance(target, str) else {}
    return directions.get(name) or log.modes.get(score) or direction_of(score)


def _pictures(file: Path) -> bytes | None:
    """A PNG as a run writes it; nothing where it is absent, larger, or something else."""
    try:
        if not file.is_file() or file.stat().st_size > MOST_PICTURE_BYTES:
            return None
        found = file.read_bytes()
    except OSError:
        return None
    return found if found.startswith(b"\x89PNG\r\n\x1a\n") else None


def _result(file: Path) -> dict[str, Any]:
    """What ``result.json`` says; nothing where it is absent, damaged or somebody else's."""
    found = read_json(file)
    return found if "epochs_run" in found else {}
