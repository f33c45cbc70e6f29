"""Cells of a table as numbers: percent signs, ``1/19``, ``m:ss``, and what was measured and is no number."""

from typing import Any

import numpy as np
import pandas as pd

from epochwise.logs.columns import meanings
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

NAN = r"(?i)[+-]?nan"
CLOCK = r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)"
#: ``1/19`` and ``tensor(0.5, device='cuda:0')``, ``[0.5]``: the number inside.
OF_ALL = r"(\d+)/\d+"
INSIDE = r"(?:tensor\(|\[)\s*([-+.\deE]+)\s*[,\])].*"

#: So many cells of words make a column of words.
FIRST = 1000


def numbers(cells: pd.Series) -> pd.Series:
    """A column as float64.

    Args:
        cells: as pandas read them.

    Returns:
        NaN where a cell is empty or no number, inf where it is ``nan``. Percent signs go, and the number stays:
        ``81.2%`` is 81.2; ``3/20`` is 3; ``1:05`` is 65 seconds.
    """
    if cells.dtype == bool or str(cells.dtype) == "boolean":
        return pd.Series(np.nan, index=cells.index)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.astype(np.float64)
    if not (pd.api.types.is_object_dtype(cells.dtype) or pd.api.types.is_string_dtype(cells.dtype)):
        return pd.Series(np.nan, index=cells.index)  # dates
    there = cells.notna()
    if (first := cells[there].iloc[:FIRST]).size == FIRST < len(cells) and numbers(first).isna().all():
        return pd.Series(np.nan, index=cells.index)  # words, which the patterns below would be long about
    text = cells.where(there, "").astype(str).str.strip()
    found = pd.to_numeric(text.str.removesuffix("%").str.strip(), errors="coerce").astype(np.float64)
    found = found.mask(text.str.fullmatch(NAN), np.inf)
    rest = there & found.isna()
    if rest.any():
        clock = text[rest].str.extract(f"^{CLOCK}$").astype(np.float64)
        found = found.where(~rest, clock[0].fillna(0) * 3600 + clock[1] * 60 + clock[2])
        for pattern in (f"^{OF_ALL}$", f"^{INSIDE}$"):
            inside = pd.to_numeric(text.str.extract(pattern)[0], errors="coerce")
            found = found.where(found.notna(), inside)
    return found.astype(np.float64)


def named_rows(
    frame: pd.DataFrame, file: LogFile, names: dict[str, str] | None = None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """A table under our names.

    Args:
        frame: as it was read.
        file: that it came from.
        names: in the file -> ours; what its columns mean by themselves, unless given.

    Returns:
        The rows of ``ToolLog``, and the names of the columns that are among them. Repeated headers in the middle are
        marked by 1 in the column ``begins_anew`` of the row behind them. Columns of text go; those where some cells
        are numbers and others are none are refused.

    Raises:
        InputError: a cell of a score is no number.
    """
    names = meanings(map(str, frame.columns)) if names is None else names
    frame, anew = _without_headers(frame)
    columns: dict[str, pd.Series] = {}
    kept: dict[str, str] = {}
    for name, ours in names.items():
        if ours == "events":
            columns[ours], kept[name] = frame[name], ours
            continue
        found = numbers(frame[name])
        empty = found.isna()
        if empty.all() and frame[name].notna().any():
            continue  # a column of text
        bad = empty & frame[name].notna()
        if bad.any() and ("/" in ours or ours == "epoch"):
            row = int(np.flatnonzero(bad)[0])
            cell = str(frame[name].iloc[row])[:40]
            raise file.refused(f"has in row {row + 1}, {name}: {cell!r}, allowed: a number")
        columns[ours], kept[name] = found, ours
    rows = pd.DataFrame(columns, index=frame.index)
    if anew.any():
        rows["begins_anew"] = anew.astype(np.float64)
    return rows, kept


def log_of(tool: str, file: LogFile, frame: pd.DataFrame, names: dict[str, str] | None = None, **known: Any) -> ToolLog:
    """A table as a tool's log; see ``named_rows``, and ``ToolLog`` for what may be known besides."""
    rows, kept = named_rows(frame, file, names)
    return ToolLog(tool, rows, kept, **known)


def _without_headers(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Leave out rows that repeat the header, as fastai and timm write where they go on."""
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    headers = pd.Series(bool(texts), index=frame.index)
    for name in texts:
        headers &= frame[name].astype(str).str.strip() == name
    anew = headers.shift(1, fill_value=False)
    return frame[~headers], anew[~headers]
