"""CatBoost: ``learn_error.tsv`` and ``test_error.tsv`` of its folder ``catboost_info``."""

import json

import pandas as pd

from epochwise.logs.cells import numbers
from epochwise.logs.log import Mode, ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "CatBoost"
FILES = {"learn_error.tsv": "train", "test_error.tsv": "val"}


def sniff(file: LogFile) -> bool:
    """Whether its first column is ``iter``, tabs between."""
    return file.header[:1] == ["iter"] and file.separator == "\t"


def read(file: LogFile) -> list[ToolLog]:
    """Rounds from 0, as the column ``iter`` says: with ``metric_period`` not each one is written.

    The evaluation set stands in a file of its own beside the training's, and is read with it.
    """
    beside = {name: file.path.parent / name for name in FILES} if file.path.name in FILES else {}
    found = {FILES[name]: LogFile(path) for name, path in beside.items() if path.is_file()} or {
        "val" if file.path.stem.startswith("test") else "train": file
    }
    tables = []
    for stage, part in found.items():
        frame = part.frame.set_index("iter").apply(numbers)
        tables.append(frame.set_axis([f"{stage}/{metric}" for metric in frame.columns], axis=1))
    rows = pd.concat(tables, axis=1).sort_index()
    names = {str(column): str(column) for column in rows}
    metrics = [column for column in names if column.startswith("val/")]
    notes = ["its epochs are rounds of boosting: one tree each"]
    if file.path.name in FILES and not metrics:
        notes.append("test_error.tsv is not there: give fit(eval_set=...)")
    modes: dict[str, Mode] = {}
    for name, mode in _modes(file).items():
        modes |= {f"{stage}/{name}": mode for stage in ("train", "val")}
    monitor = metrics[0] if metrics else None
    return [
        ToolLog(
            TOOL,
            rows.rename_axis("epoch").reset_index(),
            names,
            counted_from=0,
            unit="round",
            monitor=monitor,
            modes=modes,
            notes=notes,
        )
    ]


def _modes(file: LogFile) -> dict[str, Mode]:
    """Better directions, from ``catboost_training.json`` beside it."""
    path = file.path.parent / "catboost_training.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))["meta"] if path.stat().st_size < 50_000_000 else {}
        metrics = [*about.get("learn_metrics", ()), *about.get("test_metrics", ())]
        return {one["name"]: "max" if one["best_value"] == "Max" else "min" for one in metrics}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
