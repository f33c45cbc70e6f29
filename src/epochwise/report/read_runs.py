"""Runs to report on, from folders and tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from epochwise.input_error import InputError
from epochwise.report.read_table import read_table
from epochwise.rules.monitor import metrics_of
from epochwise.run.epochs_csv import Row
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
    """

    name: str
    table: Path
    rows: list[Row]
    monitor: str
    mode: Literal["min", "max"]
    result: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: bytes | None = None

    @property
    def folder(self) -> Path:
        """Where its table lies."""
        return self.table.parent


#: Tables that a folder is asked for, in this order.
TABLES = ("epochs.csv", "metrics.csv", "history.csv")
MOST_PICTURE_BYTES = 150_000  # a page is to stay below 1 MB


def read_runs(
    paths: Sequence[Path], monitor: str | None = None, mode: Literal["min", "max"] | None = None
) -> list[ReportRun]:
    """Read run folders, folders of them (a sweep, ``outputs``), and tables of other tools.

    Args:
        paths: of files and folders.
        monitor: the score that decides; None for the one each run had, else ``val/loss``, else ``train/loss``.
        mode: ``min`` where smaller is better, else ``max``; None where it is known: of the run's own monitor, losses
            and of what the run's task logs.

    Raises:
        InputError: nothing is there, a table cannot be read, or no column is the monitor.
    """
    tables = [table for path in paths for table in _tables(path)]
    tables = list(dict.fromkeys(tables))
    names, trust = _names(tables), project_trust()
    return [_read(table, name, monitor, mode, trust) for table, name in zip(tables, names, strict=True)]


def _tables(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"runs: no file or folder {path}{InputError.closest(path.name, siblings)}")
    own = [path / name for name in TABLES if (path / name).is_file()]
    found = own[:1] or sorted(path.rglob("epochs.csv"), key=_by_numbers)
    if not found:
        raise InputError(f"runs: no {', '.join(TABLES)} in {path}, and no run folders below it")
    return found


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else -1, part) for part in path.parts]  # job 10 comes after job 9


def _names(tables: Sequence[Path]) -> list[str]:
    """As much of each path as tells it from the others."""
    parts = [(*table.absolute().parent.parts, "" if table.name in TABLES else table.name) for table in tables]
    shared = 0
    while len(parts) > 1 and all(len(one) - 1 > shared and one[shared] == parts[0][shared] for one in parts):
        shared += 1
    if len(parts) == 1:
        shared = len(parts[0]) - 2
    return ["/".join(filter(None, one[shared:])) for one in parts]


def _read(path: Path, name: str, monitor: str | None, mode: Literal["min", "max"] | None, trust: Trust) -> ReportRun:
    table, result, notes = read_table(path), {}, []
    folder, settings = path.parent, {}
    if path.name == "epochs.csv":
        result = _result(folder / "result.json")
        try:
            settings = read_trusted_config(folder, trust) if (folder / "config.yaml").exists() else {}
        except InputError as error:
            notes.append(f"{error.lines[0]}; its settings are left out")
    notes = [*table.notes, *notes]
    own, own_mode = (result.get(key) or settings.get(key) for key in ("monitor", "mode"))
    scored = [column for row in table.rows for column in row if column.partition("/")[2]]
    known = list(dict.fromkeys(scored))
    chosen = table.names.get(monitor or "", monitor) or own
    if not isinstance(chosen, str):
        chosen = next((loss for loss in ("val/loss", "train/loss") if loss in known), None)
    if chosen is None or (monitor and chosen not in known):
        near = InputError.closest(str(chosen), known)
        given = f"got {chosen!r}, which is no column of {path}" if chosen else f"{path} has no loss; choose a score"
        raise InputError(f"monitor: {given}, allowed: {', '.join(known) or 'none: it has no scores'}{near}")
    better = mode or (own_mode if chosen == own else None) or _direction(chosen, settings)
    if better not in ("min", "max"):
        raise InputError(f"mode: nothing says which {chosen} is better; allowed: min (smaller), max (larger)")
    result = result | ({"test": table.test} if table.test else {})
    direction: Literal["min", "max"] = "min" if better == "min" else "max"
    pictures = _pictures(folder / "pictures.png") if path.name == "epochs.csv" else None
    return ReportRun(name, path, table.rows, chosen, direction, result, settings, tuple(notes), pictures)


def _direction(score: str, settings: dict[str, Any]) -> str | None:
    name, task = score.partition("/")[2], settings.get("task")
    target = task.get("_target_") if isinstance(task, dict) else None
    directions = metrics_of(target) if isinstance(target, str) else {}
    return directions.get(name, "min" if name == "loss" else None)


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
