"""Tables made by hand: CSV, TSV, Excel, Parquet, JSON and JSON lines."""

import re
from collections import Counter
from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "a table"


def sniff(file: LogFile) -> bool:
    """Whether it is a table in one of the formats; its columns need only mean something."""
    if file.is_excel or file.is_parquet:
        return True
    rows = file.records or []
    if any(isinstance(value, (int, float)) for row in rows for value in row.values()):
        return True
    if _frame_of(file.document, file.path.stem) is not None:
        return True
    return file.document is None and len(file.header) > 1 and not any(_is_number(name) for name in file.header)


def read(file: LogFile) -> list[ToolLog]:
    """Columns by their names; without one of epochs each row is one."""
    if file.is_excel or file.is_parquet:
        frame = file.frame
    elif (found := _frame_of(file.document, file.path.stem)) is not None:
        frame = found
    elif file.records:
        frame = pd.DataFrame(file.records)
    else:
        frame = file.frame
    plain = [name for name in frame.columns if not frame[name].map(lambda cell: isinstance(cell, (list, dict))).any()]
    log = log_of(TOOL, file, frame[plain])
    if not [
        name
        for name in log.columns
        if name not in ("epoch", "step", "samples", "seconds") and not name.startswith("lr")
    ]:
        raise file.refused(
            f"has no column of numbers that is a score; it has {', '.join(map(str, frame.columns[:8]))}; "
            "allowed: a row an epoch with columns such as epoch, train_loss, val_loss"
        )
    if "epoch" in log.rows:
        log.a_line_an_epoch = bool(log.rows["epoch"].duplicated().sum() <= 0.2 * len(log.rows))
    return [log]


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
    flat: dict[str, list[Any]] = {}
    for name, value in document.items():
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            value = pd.DataFrame(value).to_dict("list")  # a list of objects for each stage
        for inner, values in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(values, list) and values and not any(isinstance(one, (list, dict)) for one in values):
                flat[f"{name}/{inner}" if inner else str(name)] = values
    if not flat:
        return None
    # Beside scores by the epoch there may be rates by the step: the length that most lists have is that of the epochs.
    lengths = Counter(map(len, flat.values()))
    length = max(lengths, key=lambda one: (lengths[one], one))
    kept = {name: pd.Series(values, dtype=object) for name, values in flat.items() if len(values) == length}
    return pd.DataFrame(kept).infer_objects()


def _is_number(text: str) -> bool:
    if re.match(r"\d{4}-\d\d-\d\d|[\w ]+[:=] *[-+]?\d", text):
        return True  # a line of a text log
    try:
        float(text)
    except ValueError:
        return False
    return True
