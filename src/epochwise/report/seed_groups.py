"""Runs that differ by their seed, or their fold, only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from epochwise.epochs.curve import column_of
from epochwise.report.report_run import ReportRun
from epochwise.run.run_config import flat

CURVES = ("train/", "train_eval/", "val/", "lr")


@dataclass(frozen=True)
class SeedGroup:
    """What several seeds, or folds, of one setting have in common.

    Args:
        by: the setting by which they differ: ``seed`` or ``data.fold``.
        runs: their places in the list of runs, at least two.
        columns: name -> ``mean`` and ``std``, (E,) each, over the runs that have the epoch; None where fewer than two.
    """

    by: str
    runs: tuple[int, ...]
    columns: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)


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
    return [
        SeedGroup(
            str(_differ_by(*(settings[index] for index in group[:2]))),
            tuple(group),
            _columns([runs[index] for index in group]),
        )
        for group in groups
        if len(group) > 1
    ]


def _differ_by(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """The one setting by which two configs differ, where they differ by the seed or the fold alone."""
    if one.keys() != other.keys():
        return None
    differ = [key for key in one if one[key] != other[key]]
    for by in ("seed", "data.fold"):
        if by in differ and all((one[key], other[key]) == (one[by], other[by]) for key in differ):
            return by
    return None


def _columns(runs: Sequence[ReportRun]) -> dict[str, dict[str, list[float | None]]]:
    names = dict.fromkeys(name for run in runs for row in run.rows for name in row if name.startswith(CURVES))
    longest = max(len(run.rows) for run in runs)
    columns = {}
    for name in names:
        scores = np.full((len(runs), longest), np.nan)
        for row, run in zip(scores, runs, strict=True):
            row[: len(run.rows)] = column_of(run.rows, name)
        scores[~np.isfinite(scores)] = np.nan
        enough = (~np.isnan(scores)).sum(axis=0) > 1
        columns[name] = {
            "mean": [float(np.nanmean(scores[:, e])) if enough[e] else None for e in range(longest)],
            "std": [float(np.nanstd(scores[:, e], ddof=1)) if enough[e] else None for e in range(longest)],
        }
    return columns
