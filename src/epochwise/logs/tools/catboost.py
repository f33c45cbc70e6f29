"""CatBoost: the tables and the JSON in its folder ``catboost_info``."""

import json
from typing import Any

import pandas as pd

from epochwise.logs.cells import numbers
from epochwise.logs.log import Mode, ToolLog
from epochwise.logs.log_file import MOST_JSON_BYTES, LogFile

TOOL = "CatBoost"
FILES = {"learn_error.tsv": "train", "test_error.tsv": "val"}


def sniff(file: LogFile) -> bool:
    """Whether its first column is ``iter``, tabs between, or it is the JSON beside such tables."""
    return _is_json(file.document) or (file.header[:1] == ["iter"] and file.separator == "\t")


def _is_json(document: Any) -> bool:
    """Whether it is ``catboost_training.json``, which stands beside the tables."""
    return isinstance(document, dict) and "meta" in document and isinstance(document.get("iterations"), list)


def read(file: LogFile) -> list[ToolLog]:
    """Rounds from 0, as the column ``iter`` says: with ``metric_period`` not each one is written.

    The evaluation set stands in a file of its own beside the training's, and is read with it.
    """
    if _is_json(file.document):
        return [_log_of(_rows_of(file), _modes(file.document), [])]
    beside = {name: file.path.parent / name for name in FILES} if file.path.name in FILES else {}
    found = {FILES[name]: LogFile(path) for name, path in beside.items() if path.is_file()} or {
        "val" if file.path.stem.startswith("test") else "train": file
    }
    tables = []
    for stage, part in found.items():
        frame = part.frame.set_index("iter").apply(numbers)
        tables.append(frame.set_axis([f"{stage}/{metric}" for metric in frame.columns], axis=1))
    rows = pd.concat(tables, axis=1).sort_index()
    lacks = file.path.name in FILES and not any(name.startswith("val/") for name in map(str, rows))
    path = file.path.parent / "catboost_training.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < MOST_JSON_BYTES else {}
    except (OSError, ValueError, RecursionError):
        about = {}
    return [_log_of(rows, _modes(about), ["test_error.tsv is not there: give fit(eval_set=...)"] if lacks else [])]


def _log_of(rows: pd.DataFrame, better: dict[str, Mode], notes: list[str]) -> ToolLog:
    names = {str(column): str(column) for column in rows}
    return ToolLog(
        TOOL,
        rows.rename_axis("epoch").reset_index(),
        names,
        counted_from=0,
        unit="round",
        monitor=next((name for name in names if name.startswith("val/")), None),
        modes={f"{stage}/{name}": mode for name, mode in better.items() for stage in ("train", "val")},
        notes=["its epochs are rounds of boosting: one tree each", *notes],
    )


def _rows_of(file: LogFile) -> pd.DataFrame:
    """The rounds of ``catboost_training.json``: a list of values for each metric."""
    about = file.document["meta"]
    try:
        rows = {}
        for one in file.document["iterations"]:
            rows[int(one["iteration"])] = {
                f"{stage}/{metric['name']}": float(value)
                for key, stage in (("learn", "train"), ("test", "val"))
                for metric, value in zip(about.get(f"{key}_metrics", ()), one.get(key, ()), strict=False)
            }
        return pd.DataFrame.from_dict(rows, orient="index").sort_index()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise file.refused("is catboost_training.json of CatBoost, and not whole; allowed: test_error.tsv") from error


def _modes(document: Any) -> dict[str, Mode]:
    """Better directions, from ``catboost_training.json``."""
    try:
        about = document["meta"]
        metrics = [*about.get("learn_metrics", ()), *about.get("test_metrics", ())]
        return {one["name"]: "max" if one["best_value"] == "Max" else "min" for one in metrics}
    except (KeyError, TypeError, AttributeError):
        return {}
