"""Runs that differ by their seed only."""

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
    """What several seeds of one setting have in common.

    Args:
        runs: their places in the list of runs, at least two.
        columns: name -> ``mean`` and ``std``, (E,) each, over the runs that have the epoch; None where fewer than two.
    """

    runs: tuple[int, ...]
    columns: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)


def seed_groups(runs: Sequence[ReportRun]) -> list[SeedGroup]:
    """Find runs whose configs are equal but for the seed, and what was made of it (``data.order_seed``).

    Returns:
        Groups of two and more, in the order of their first runs; a run is in one of them at most, one without a config
        in none.
    """
    groups: list[list[int]] = []
    settings = [flat(run.settings) for run in runs]
    for index, own in enumerate(settings):
        if "seed" not in own:
            continue
        like = (group for group in groups if _differ_by_seed(settings[group[0]], own))
        group = next(like, None)
        if group is None:
            groups.append([index])
        elif own["seed"] not in (settings[other]["seed"] for other in group):
            group.append(index)
    return [SeedGroup(tuple(group), _columns([runs[index] for index in group])) for group in groups if len(group) > 1]


def _differ_by_seed(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one.keys() != other.keys():
        return False
    seeds = one["seed"], other["seed"]
    return all((one[key], other[key]) == seeds for key in one if one[key] != other[key])


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
