"""Fewer numbers, where a report has more than a page should hold."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

#: The x axes, which every chart needs.
PLACES = ("epoch", "step", "samples", "seconds")
STAGES = ("train", "train_eval", "val")
FORECAST = ("epochs", "score", "low", "high")
#: Where this does not suffice, it is not the epochs that take the room.
MOST_THINNED = 10_000


def thin(document: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    """Round numbers to 6 significant digits, and leave out epochs until a document is short enough.

    Columns that are not of the monitored score lose epochs first: one in two is kept, one in three, and so on; the
    monitored ones lose them eight times later. First and last epoch, the best one and those with events stay.

    Args:
        document: see ``document.make_document``.
        most_bytes: of it as JSON, 10,000 at least.

    Returns:
        The document, where each run has ``elapsed`` (E,), seconds since its start, beside ``columns``, and ``others``:
        the columns that are not of the monitored score, with an ``epoch`` of their own. Groups of seeds likewise. A
        forecast loses epochs as ``others`` do.
        ``thinned`` is a sentence that says what was left out, or None.
    """
    every = 1
    while True:
        found = _every(document, every)
        size = len(json.dumps(found, separators=(",", ":")))
        if size <= most_bytes or every >= MOST_THINNED:
            return found
        every = max(every + 1, every * size // most_bytes)


def _every(document: Mapping[str, Any], every: int) -> dict[str, Any]:
    of_monitored = max(every // 8, 1)
    runs = [_run(run, every, of_monitored) for run in document["runs"]]
    names = set().union(*(_monitored(run) for run in document["runs"])) if runs else set()
    seeds = [_group(group, names, every, of_monitored) for group in document.get("seeds") or ()]
    note = None
    before = max((run.get("every") or 1 for run in document["runs"]), default=1)  # left out when they were gathered
    if every * before > 1:
        of_first = "every epoch" if of_monitored * before == 1 else f"one epoch in {of_monitored * before}"
        note = (
            f"These are too many numbers for one page: charts show {of_first} of the monitored score and one in "
            f"{every * before} of the others, with the first, the last, the best and those with events."
        )
    found: dict[str, Any] = _rounded({**document, "runs": runs, "seeds": seeds, "thinned": note})
    return found


def _run(run: Mapping[str, Any], every: int, of_monitored: int) -> dict[str, Any]:
    columns = dict(run["columns"])
    count = max(map(len, columns.values()), default=0)
    columns.setdefault("epoch", list(range(count)))
    places = {epoch: row for row, epoch in enumerate(columns["epoch"])}
    named = {run.get("best_epoch"), *(event["epoch"] for event in (run.get("events") or ())[:100])}
    marked = {places.get(epoch) for epoch in named}
    first, rest = _divided(columns, {*PLACES, *_monitored(run)})
    if "seconds" in columns:
        first["elapsed"] = _cumulated(columns["seconds"])
    rest["epoch"] = columns["epoch"]
    ahead = run.get("forecast") or {}
    drawn = {name: ahead[name] for name in FORECAST if name in ahead}
    return {
        **run,
        "forecast": {**ahead, **_rows(drawn, _kept(len(ahead.get("epochs", ())), every, set()))} or None,
        "columns": _rows(first, _kept(count, of_monitored, marked)),
        "others": _rows(rest, _kept(count, every, marked)),
    }


def _group(group: Mapping[str, Any], monitored: Iterable[str], every: int, of_monitored: int) -> dict[str, Any]:
    given = group.get("columns") or {}
    columns = {f"{name}|{part}": given[name][part] for name in given for part in ("mean", "std")}
    count = max(map(len, columns.values()), default=0)
    first, rest = _divided(columns, {f"{name}|{part}" for name in monitored for part in ("mean", "std")})
    first["epoch"] = rest["epoch"] = list(range(count))
    return {
        **group,
        "columns": _rows(first, _kept(count, of_monitored, set())),
        "others": _rows(rest, _kept(count, every, set())),
    }


def _monitored(run: Mapping[str, Any]) -> set[str]:
    stage, _, metric = str(run.get("monitor")).partition("/")
    return {f"{other}/{metric}" for other in STAGES} if stage in STAGES else {str(run.get("monitor"))}


def _divided(columns: Mapping[str, Any], first: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {name: column for name, column in columns.items() if name in first},
        {name: column for name, column in columns.items() if name not in first},
    )


def _kept(count: int, every: int, marked: set[Any]) -> list[int]:
    return [row for row in range(count) if row % every == 0 or row == count - 1 or row in marked]


def _rows(columns: Mapping[str, Any], kept: list[int]) -> dict[str, Any]:
    return {name: [column[row] for row in kept if row < len(column)] for name, column in columns.items()}


def _cumulated(seconds: Iterable[float | None]) -> list[float]:
    total, found = 0.0, []
    for of_epoch in seconds:
        total += of_epoch or 0.0
        found.append(total)
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    return value
