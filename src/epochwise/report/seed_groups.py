"""Runs that differ in their seed alone, and what tells others apart."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np

from epochwise.epochs.curve import Curve, columns_of
from epochwise.epochs.recommended import best_epoch_count
from epochwise.epochs.schedule_end import first_rate, schedule_end
from epochwise.input_error import InputError
from epochwise.report.read_runs import ReportRun
from epochwise.run.run_config import NO_SETTINGS, flat

#: Follow from the others, name places, or change nothing of what is learned.
NOT_CHOSEN = (*NO_SETTINGS, "name", "hydra.")
MOST_SETTINGS, MOST_LETTERS = 3, 60


def told_apart(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each run in what its config differs from the others': ``optimizer.lr=0.01 seed=1``.

    A key that only repeats what others say (``data.order_seed`` follows from ``seed``) is left out.

    Args:
        settings: of each run, as plain nested mappings; empty where they are not known.

    Returns:
        A text a run, with at most three settings; empty of a run without a config, and where no key differs.
    """
    runs = [flat(dict(own)) for own in settings]
    known = [run for run in runs if run]
    parts: list[tuple[Hashable, ...]] = [()] * len(known)
    chosen: list[str] = []
    for key in sorted({key for run in known for key in run if not key.startswith(NOT_CHOSEN)}, key=_depth):
        finer = [(*part, run.get(key)) for part, run in zip(parts, known, strict=True)]
        if len(set(finer)) > len(set(parts)):
            parts, chosen = finer, [*chosen, key]
    chosen = sorted(chosen[:MOST_SETTINGS], key=lambda key: key == "seed")
    texts = ([_said(key, run[key]) for key in chosen if key in run] for run in runs)
    return [" ".join(_as_many_as_fit(own))[:MOST_LETTERS] for own in texts]


def _as_many_as_fit(texts: Sequence[str]) -> Sequence[str]:
    """The first of them that have room, without a last one that would be cut; the very first in any case."""
    lengths = accumulate(len(text) + 1 for text in texts)
    return texts[: max(1, sum(length <= MOST_LETTERS + 1 for length in lengths))]


def _depth(key: str) -> tuple[int, bool, str]:
    """Short keys first; of those alike, the class before its settings."""
    return key.count("."), not key.endswith("._target_"), key


def _said(key: str, value: Any) -> str:
    if key.endswith("._target_"):
        name = str(value).rpartition(".")[2]
        return f"{key.removesuffix('._target_')}={'none' if name == 'Callback' else name}"  # one that does nothing
    typed = {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))
    return f"{key}={typed.replace(', ', ',')}"


CURVES = ("train/", "train_eval/", "val/", "val_", "lr")


@dataclass(frozen=True)
class SeedGroup:
    """What several seeds, or folds, of one setting have in common.

    Args:
        by: the setting by which they differ: ``seed`` or ``data.fold``.
        runs: their places in the list of runs, at least two.
        columns: name -> ``mean`` and ``std``, (E,) each, over the runs that have the epoch; None where fewer than two.
        recommended_epochs: ``value``, the count with the best mean score, and ``low`` and ``high``, those within a
            standard error of it; ``at_least``, whether the schedule of most of them ended before they levelled off
            (``ScheduleEnd``); of seeds the three are then all epochs, of folds what ``crossval.py`` trains with their
            schedule. None where no epoch was scored by all.
    """

    by: str
    runs: tuple[int, ...]
    columns: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)
    recommended_epochs: dict[str, Any] | None = None


def seed_groups(runs: Sequence[ReportRun]) -> list[SeedGroup]:
    """Find runs whose configs are equal but for the seed, and what was made of it (``data.order_seed``), or the fold.

    Returns:
        Groups of two and more, in the order of their first runs; a run is in one of them at most, one without a config
        in none.
    """
    groups: list[list[int]] = []
    settings = [flat(run.settings) for run in runs]
    for index, own in enumerate(settings):
        like = (group for group in groups if _differ_by(settings[group[0]], own))
        group = next(like, None)
        if group is None:
            groups.append([index])
        elif all(_differ_by(settings[other], own) for other in group):
            group.append(index)
    return [_group(group, settings, runs) for group in groups if len(group) > 1]


def _group(group: Sequence[int], settings: Sequence[dict[str, Any]], runs: Sequence[ReportRun]) -> SeedGroup:
    by = str(_differ_by(settings[group[0]], settings[group[1]]))
    members = [runs[index] for index in group]
    repeats = settings[group[0]].get("data.splitter.n_repeats") if by == "data.fold" else None
    count = _recommended_epochs(members, repeats if isinstance(repeats, int) and repeats > 0 else 1)
    if by == "seed" and count and count["at_least"] and count["high"] == max(len(run.rows) for run in members):
        count |= dict.fromkeys(("value", "low", "high"), count["high"])
    return SeedGroup(by, tuple(group), _columns(members), count)


def _differ_by(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """The one setting by which two configs differ, where they differ by the seed or the fold alone."""
    if one.keys() != other.keys():
        return None
    differ = [key for key in one if one[key] != other[key]]
    for by in ("seed", "data.fold"):
        # What follows from it repeats its values, or, as counts of classes, those that a fold's data published.
        causes = [by, *(key for key in differ if by == "data.fold" and key.startswith("spec."))]
        pairs = [(one[key], other[key]) for key in causes if key in differ]
        if by in differ and all((one[key], other[key]) in pairs for key in differ):
            return by
    return None


def _columns(runs: Sequence[ReportRun]) -> dict[str, dict[str, list[float | None]]]:
    names = dict.fromkeys(name for run in runs for row in run.rows for name in row if name.startswith(CURVES))
    columns = {}
    for name in names:
        scores = columns_of([run.rows for run in runs], name)
        scores[~np.isfinite(scores)] = np.nan
        enough = (~np.isnan(scores)).sum(axis=0) > 1
        columns[name] = {
            "mean": [float(np.nanmean(scores[:, e])) if enough[e] else None for e in range(scores.shape[1])],
            "std": [float(np.nanstd(scores[:, e], ddof=1)) if enough[e] else None for e in range(scores.shape[1])],
        }
    return columns


def most_schedules_ended(runs: Sequence[ReportRun]) -> bool:
    """Whether in more than half of the runs the schedule ended before the score had levelled off."""
    ends = [schedule_end(Curve.of_rows(run.rows, run.monitor, run.mode), first_rate(run.rows)) for run in runs]
    return 2 * sum(end is not None and end.ended for end in ends) > len(ends)


def _recommended_epochs(runs: Sequence[ReportRun], repeats: int) -> dict[str, Any] | None:
    try:
        count = best_epoch_count(columns_of([run.rows for run in runs], runs[0].monitor), runs[0].mode, repeats)
    except InputError:  # no epoch that all of them scored, or folds of a cut are missing
        return None
    counts = {name: int(getattr(count, name)) for name in ("value", "low", "high")}
    return counts | {"at_least": most_schedules_ended(runs)}
