"""Where one training ends in a file and another begins, or goes on."""

from dataclasses import replace

import numpy as np
import pandas as pd

from epochwise.logs.log import ToolLog

#: Of the way that a score has come, how much is lost where a training begins from nothing.
BEGINS = 0.5
#: Runs in one file that are kept apart; more of them are no trainings.
MOST_RUNS = 200


def trainings(log: ToolLog) -> list[ToolLog]:
    """Part a file where its epochs fall back.

    They fall back to a later epoch than the first where a training went on from a checkpoint: the rows that were done
    again are replaced. They fall back to the first one where a training began from nothing (its scores jump back by
    half of the way that they had come, and none is better than before), or where one went on and counted anew: these
    epochs are counted on.

    Args:
        log: of one file.

    Returns:
        One a training, in their order, with a note on each seam.
    """
    if "epoch" not in log.rows or log.counted_from == "done":
        return [replace(log, rows=log.rows.drop(columns="begins_anew", errors="ignore"))]
    rows = log.rows.reset_index(drop=True)
    numbered = rows["epoch"].bfill()
    epochs = numbered.to_numpy()
    anew = rows.pop("begins_anew").to_numpy() == 1 if "begins_anew" in rows else np.zeros(len(rows), bool)
    with np.errstate(invalid="ignore"):
        if log.a_line_an_epoch:
            anew[1:] |= np.diff(epochs) == 0
        falls = np.flatnonzero((np.diff(epochs) < 0) | (anew[1:] & (np.diff(epochs) <= 0))) + 1
    if not len(falls):
        return [replace(log, rows=rows)]
    scores = [name for name in map(str, rows) if name.startswith(("train/", "val/")) and rows[name].notna().any()]
    losses = [name for name in scores if name.endswith("loss")] or scores
    found: list[list[tuple[int, int, float]]] = [[]]  # of each training: pieces of rows, and what is added to epochs
    notes = list(log.notes)
    first, start, added = float(np.nanmin(epochs)), 0, 0.0
    for end in [*falls.tolist(), len(rows)]:
        found[-1].append((start, end, added))
        if end == len(rows):
            break
        last, now = float(np.nanmax(epochs[start:end])) + added, float(epochs[end])
        begun = found[-1][0][0]
        if now > first and now + added <= last + 1:
            notes.append(f"row {end + 1}: epoch {now:g} again: training went on there, what was done again is replaced")
        elif _begins(rows, losses, begun, start, end) and len(found) < MOST_RUNS:
            notes.append(f"row {end + 1}: epoch {now:g} again, and scores as at the beginning: another training")
            found.append([])
            added = 0.0
        else:
            notes.append(f"row {end + 1}: epoch {now:g} again: training that went on, counted on")
            added = last + 1 - first if now == first else last + 1 - now
        start = end
    parts = [_joined(rows, pieces) for pieces in found]
    if len(parts) == 1:
        return [replace(log, rows=parts[0], notes=notes)]
    said = f"{len(parts)} trainings in one file; the last is the answer"
    names = [f"{log.name} training {number}".strip() for number in range(1, len(parts) + 1)]
    named = zip(parts, names, strict=True)
    return [replace(log, rows=part, notes=[said, *notes], name=name) for part, name in named]


def _begins(rows: pd.DataFrame, scores: list[str], begun: int, start: int, end: int) -> bool:
    """Whether the scores from row ``end`` on are those of a training from nothing."""
    shares = []
    for name in scores:
        own, later = rows[name].iloc[begun:end].dropna(), rows[name].iloc[end:].dropna()
        if not len(own) or not len(later):
            continue
        was, last, now = float(own.iloc[0]), float(own.iloc[-1]), float(later.iloc[0])
        came = was - last
        if abs(came) < 0.02 * max(abs(was), 1e-12):  # hardly trained: as good as at its beginning
            shares.append(1.0 if abs(now - was) <= 0.1 * abs(was) or (now - was) * np.sign(came or 1) > 0 else 0.0)
        elif np.isfinite(came):
            shares.append((now - last) / came)
    return bool(shares) and max(shares) >= BEGINS and min(shares) > 0


def _joined(rows: pd.DataFrame, pieces: list[tuple[int, int, float]]) -> pd.DataFrame:
    """The pieces of one training, each without the epochs that a later one did again."""
    kept: list[pd.DataFrame] = []
    least = np.inf
    for number, (start, end, added) in reversed(list(enumerate(pieces))):
        piece = rows.iloc[start:end].copy()
        piece["epoch"] = piece["epoch"] + added
        numbers = piece["epoch"].bfill()
        piece = piece[~(numbers >= least)]
        least = min(least, float(numbers.min()))
        if number and len(piece):
            piece["resumed"] = np.where(np.arange(len(piece)) == 0, 1.0, np.nan)
        kept.insert(0, piece)
    return pd.concat(kept, ignore_index=True)
