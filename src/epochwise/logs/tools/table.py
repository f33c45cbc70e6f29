"""Tables made by hand: CSV, TSV, Excel, Parquet, JSON and JSON lines."""

import re
from collections import Counter
from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.columns import STAGE_OF, place_of, stage_and_score
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile
from epochwise.logs.long_tables import by_training, histories, labels_of, unstacked

TOOL = "a table"
#: Of objects within objects.
MOST_DEPTH = 4
#: In what Hugging Face's Trainer writes at the end, and in no line of an epoch.
OF_THE_END = {"train_runtime", "eval_runtime"}


def sniff(file: LogFile) -> bool:
    """Whether it is a table in one of the formats; its columns need only mean something."""
    if file.is_excel or file.is_parquet:
        return True
    if has_one_value_each(file.document):
        return False
    rows = file.records or []
    if any(isinstance(value, (int, float)) for row in rows for value in row.values()):
        return True
    if file.document is not None:
        return bool(histories(file.document)) or _frame_of(file.document, file.path.stem) is not None
    names = file.header
    of_one = len(names) == 1 and (stage_and_score(names[0])[0] in ("train", "val") or names[0].lower() == "loss")
    return (len(names) > 1 or of_one) and not any(_is_number(name) for name in names)


def has_one_value_each(document: Any) -> bool:
    """Whether JSON is an object of plain values, which are those of a training that is over."""
    if not isinstance(document, dict) or any(isinstance(value, (list, dict)) for value in document.values()):
        return False
    return bool(OF_THE_END & set(document)) or not any(place_of(name) for name in document)


def read(file: LogFile) -> list[ToolLog]:
    """Columns by their names; without one of epochs each row is one.

    Rows of one split, or of one metric, are joined to epochs; trainings that a column tells apart are several logs.
    """
    if (found := histories(file.document)) and not (file.is_excel or file.is_parquet):
        tables = {name: _frame_of(history, name) for name, history in found.items()}
        parts = [(name, frame) for name, frame in tables.items() if frame is not None]
    else:
        frame = unstacked(_plain_cells(_frame(file)))
        parts = by_training(frame)
        if len(parts) == 1 and (label := labels_of(frame)) is not None:
            rows = ", ".join(map(str, frame[label].dropna().unique()[:3]))
            raise file.refused(
                f"is a table of results: a row is a {label} ({rows} ...) and no epoch; "
                "allowed: the log of one training, a row an epoch"
            )
    logs = [_log_of(file, name, frame) for name, frame in parts]
    if len(logs) > 1:
        for log in logs:
            log.notes.insert(0, f"{len(logs)} trainings in one file, of which this is {log.name}")
    return logs


def _log_of(file: LogFile, name: str, frame: pd.DataFrame) -> ToolLog:
    log = log_of(TOOL, file, _plain_cells(frame), name=name)
    places = ("epoch", "step", "samples", "seconds")
    if not any(one not in places and not one.startswith("lr") and log.rows[one].notna().any() for one in log.columns):
        raise file.refused(
            f"has no column of numbers that is a score; it has {', '.join(map(str, frame.columns[:8]))}; "
            "allowed: a row an epoch with columns such as epoch, train_loss, val_loss"
        )
    if "epoch" in log.rows:
        log.a_line_an_epoch = bool(log.rows["epoch"].duplicated().sum() <= 0.2 * len(log.rows))
    return log


def _frame(file: LogFile) -> pd.DataFrame:
    """The one table in a file."""
    if file.is_excel or file.is_parquet:
        return file.frame
    if (found := _frame_of(file.document, file.path.stem)) is not None:
        return found
    if not file.records:
        return file.frame
    return pd.json_normalize(file.records, sep="/", max_level=1)


def _plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Without columns of lists, such as scores of each class."""
    mixed = [name for name in frame if frame[name].dtype == object]
    lists = [name for name in mixed if frame[name].map(lambda cell: isinstance(cell, (list, dict))).any()]
    return frame.drop(columns=lists)


def _frame_of(document: Any, name: str) -> pd.DataFrame | None:
    """A list of objects, an object of lists, of objects by epoch, of stages with lists; a list named by its file."""
    if isinstance(document, list) and document and all(isinstance(one, (int, float)) for one in document):
        return pd.DataFrame({name.removesuffix("_").removesuffix("_curve"): document})
    if isinstance(document, list) and document and all(isinstance(row, dict) for row in document):
        return pd.json_normalize(document, sep="/", max_level=1)
    if not isinstance(document, dict) or not document:
        return None
    tables = [value for value in document.values() if isinstance(value, list) and _frame_of(value, name) is not None]
    if len(tables) == 1 and isinstance(tables[0][0], dict):
        return _frame_of(tables[0], name)  # a list of epochs beside settings
    if all(str(key).isdigit() and isinstance(row, dict) for key, row in document.items()):
        rows = [{"epoch": int(key)} | row for key, row in document.items()]
        return pd.DataFrame(rows).sort_values("epoch", kind="stable")
    flat = _lists_of(document)
    if not flat:
        return None
    # Beside scores by the epoch there may be rates by the step: the length that most lists have is that of the epochs.
    lengths = Counter(map(len, flat.values()))
    length = max(lengths, key=lambda one: (lengths[one], one))
    kept = {name: pd.Series(values, dtype=object) for name, values in flat.items() if len(values) == length}
    above = {name.partition("/")[0] for name in kept}
    if len(above) == 1 and all("/" in name for name in kept) and not STAGE_OF.get(next(iter(above)).lower()):
        kept = {name.partition("/")[2]: values for name, values in kept.items()}  # all below ``history``
    return pd.DataFrame(kept).infer_objects()


def _lists_of(document: dict[str, Any], above: str = "", depth: int = 0) -> dict[str, list[Any]]:
    """The lists of plain values in an object, and in those in it, by their path."""
    flat: dict[str, list[Any]] = {}
    for name, value in document.items():
        path = f"{above}{name}"
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            value = pd.DataFrame(value).to_dict("list")  # a list of objects for each stage
        if isinstance(value, dict) and depth < MOST_DEPTH:
            flat |= _lists_of(value, f"{path}/", depth + 1)
        elif isinstance(value, list) and value and not any(isinstance(one, (list, dict)) for one in value):
            flat[path] = value
    return flat


def _is_number(text: str) -> bool:
    if re.match(r"\d{4}-\d\d-\d\d|[\w ]+[:=] *[-+]?\d", text):
        return True  # a line of a text log
    try:
        float(text)
    except ValueError:
        return False
    return True
