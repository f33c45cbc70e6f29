"""MLflow: metrics of its file store, and of its SQLite database."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from epochwise.logs.columns import meanings
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "MLflow"
#: ``1664364007310 3.27 0``: milliseconds, value, step.
LINE = re.compile(r"\d{12,14} [-+.\deEnaifNAIF]+( -?\d+)?( .*)?")
#: What MLflow's autologging of early stopping writes beside the curves.
STOPPED, OF_THE_RUN = ("stopped_iteration", "stopped_epoch"), ("best_iteration", "restored_epoch")
QUERY = "SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics ORDER BY run_uuid, key, step, timestamp"


def sniff(file: LogFile) -> bool:
    """Whether its lines are ``ms value step``, or it is a database with MLflow's table of metrics."""
    if file.is_sqlite:
        return True
    lines = [line for line in file.first_lines if line.strip()]
    return bool(lines) and all(LINE.fullmatch(line.strip()) for line in lines[:20])


def read(file: LogFile) -> list[ToolLog]:
    """A step is taken for an epoch where it counts 0, 1, 2 ...; a metric that was logged without a step is always at 0.

    The database is opened to read only: MLflow's own client refuses one of another version, and writes tables to an
    empty file that it searches (findings/mlflow_search_makes_a_database.sh); the files are three words a line.
    """
    if file.is_sqlite:
        return _of_database(file)
    metrics: dict[str, pd.DataFrame] = {}
    root = next((folder for folder in file.path.parents if folder.name == "metrics"), None)
    paths = sorted(path for path in root.rglob("*") if path.is_file()) if root else [file.path]
    for path in paths:
        part = LogFile(path)
        if sniff(part) and not part.is_sqlite:
            metrics[path.relative_to(root).as_posix() if root else path.stem] = _points(part)
    if sum(map(len, metrics.values())) < 2:
        raise file.refused("has a single point, so there is nothing to judge; allowed: a metric logged in each epoch")
    name = root.parent.name[:8] if root else ""
    return [_log(metrics, name)]


def _points(file: LogFile) -> pd.DataFrame:
    words = [line.split(" ")[:3] for line in file.text.splitlines() if LINE.fullmatch(line.strip())]
    frame = pd.DataFrame([(*line, "0")[:3] for line in words], columns=["timestamp", "value", "step"])
    found = frame.apply(pd.to_numeric, errors="coerce")
    found["value"] = found["value"].mask(frame["value"].str.lower() == "nan", float("inf"))
    return found


def _of_database(file: LogFile) -> list[ToolLog]:
    try:
        with closing(sqlite3.connect(f"file:{_quoted(file.path)}?mode=ro&immutable=1", uri=True)) as base:
            points = pd.read_sql(QUERY, base)
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise file.refused("is a database without MLflow's table of metrics; allowed: mlflow.db") from error
    points["value"] = points["value"].astype(float).mask(points["is_nan"].astype(bool), float("inf"))
    runs = [(str(run), part) for run, part in points.groupby("run_uuid", sort=False)]
    if not runs:
        raise file.refused("is a database of MLflow without metrics; allowed: one with a run that logged some")
    return [_log({str(key): one for key, one in part.groupby("key", sort=False)}, run[:8]) for run, part in runs]


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))


def _log(metrics: dict[str, pd.DataFrame], name: str) -> ToolLog:
    """Metrics by name, each with its points, as one training."""
    notes, columns = [], {}
    ends = [metrics.pop(key) for key in STOPPED if key in metrics]
    metrics = {key: points for key, points in metrics.items() if key not in OF_THE_RUN}
    for key, points in metrics.items():
        if ends:  # behind it stands what was best, once more
            points = points[points["step"] <= ends[0]["value"].iloc[-1]]
        points = points.sort_values(["step", "timestamp"], kind="stable")
        if len(points) > 1 and points["step"].nunique() == 1:
            notes.append(f"{key} was logged without steps: its points are counted")
            points = points.assign(step=range(len(points)))
        columns[key] = points.drop_duplicates("step", keep="last").set_index("step")["value"]
    names = meanings(columns)
    rows = pd.DataFrame({ours: columns[key] for key, ours in names.items() if ours != "step"}).sort_index()
    if "epoch" in rows:
        rows = rows.rename_axis("step").reset_index()
        return ToolLog(TOOL, rows, names, name=name, notes=notes)
    steps = rows.index.to_numpy()
    are_epochs = len(steps) > 0 and steps[0] in (0, 1) and steps[-1] <= 3 * len(steps)
    if are_epochs:
        return ToolLog(TOOL, rows.rename_axis("epoch").reset_index(), names, name=name, notes=notes)
    notes.append("its steps are no epochs, as far as it says: give steps_per_epoch=N, steps an epoch")
    return ToolLog(TOOL, rows.rename_axis("step").reset_index(), names, unit="step", name=name, notes=notes)
