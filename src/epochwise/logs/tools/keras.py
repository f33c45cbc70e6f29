"""Keras: the table of CSVLogger, ``History.history`` as a table or as JSON."""

from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile
from epochwise.logs.long_tables import is_long

TOOL = "Keras"


def sniff(file: LogFile) -> bool:
    """Whether its names are Keras's: ``loss``, with ``val_loss`` or ``epoch`` beside it, and no other stage."""
    if (history := _history(file.document)) is not None:
        return _is_keras(list(history))
    return _is_keras(file.header) and "step" not in file.header and not is_long(file)


def read(file: LogFile) -> list[ToolLog]:
    """Without a column of epochs each row is one. ``NA`` is an epoch without validation.

    Keras counts from 0; who writes such a table by hand often from 1.
    """
    if (history := _history(file.document)) is not None:
        columns = {name: pd.Series(_values(values), dtype=object) for name, values in history.items()}
        return [log_of(TOOL, file, pd.DataFrame(columns).infer_objects(), a_line_an_epoch=True)]
    return [log_of(TOOL, file, file.frame, a_line_an_epoch=True)]


def _is_keras(names: list[str]) -> bool:
    other = ("train", "eval_", "valid_", "test", "dev_")
    others = [name for name in names if name.startswith(other) or "/" in name]
    return "loss" in names and ("val_loss" in names or "epoch" in names or len(names) > 1) and not others


def _history(document: Any) -> dict[str, Any] | None:
    """Name -> list, or name -> index -> value, which is what pandas makes of it."""
    if isinstance(document, dict) and isinstance(document.get("history"), dict):
        document = document["history"]
    if not isinstance(document, dict) or not document:
        return None
    kept = {name: values for name, values in document.items() if _values(values) is not None}
    return kept if kept and "loss" in kept else None


def _values(values: Any) -> list[Any] | None:
    if isinstance(values, dict) and values and all(str(key).isdigit() for key in values):
        return [values[key] for key in sorted(values, key=int)]
    return values if isinstance(values, list) and not any(isinstance(one, (dict, list)) for one in values) else None
