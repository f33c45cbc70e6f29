"""What a report found, for programs: the document that ``json=true`` prints; see docs/any-log.md."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from epochwise.report.read_runs import ReportRun
from epochwise.report.run_columns import best_of, source_of
from epochwise.run.run_folder import finite


def answers(runs: Sequence[ReportRun], findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One mapping a training.

    Args:
        runs: as they were read.
        findings: what ``epochs.analysis.analyse`` says of each.

    Returns:
        ``source`` (the path), ``name``, ``tool``, ``unit`` (epoch, round, evaluation or step: what rows are),
        ``epochs`` (trained; rounds of boosting; None where only steps are known), ``monitor``, ``mode``,
        ``best_epoch`` (from 0; of an evaluation, the epoch that it lies in), ``best_score``, ``verdict``,
        ``recommended_epochs`` (``value``, ``low``, ``high``, ``at_least``, in units; None where there is none) and
        ``notes``.
    """
    found = [_answer(run, finding) for run, finding in zip(runs, findings, strict=True)]
    plain: list[dict[str, Any]] = finite(found)
    return plain


def _answer(run: ReportRun, found: Mapping[str, Any]) -> dict[str, Any]:
    source, best, count = source_of(run), best_of(run), found["recommended_epochs"]
    return {
        "source": str(run.table),
        "name": run.name,
        "tool": source["tool"],
        "unit": source["unit"],
        "epochs": source["num_epochs"],
        "monitor": run.monitor,
        "mode": run.mode,
        "best_epoch": best_epoch(best.get("epoch"), source),
        "best_score": best.get(run.monitor),
        "verdict": found["verdict"]["label"],
        "recommended_epochs": count and {key: count[key] for key in ("value", "low", "high", "at_least")},
        "notes": list(run.notes),
    }


def best_epoch(row: int | None, source: Mapping[str, Any]) -> int | None:
    """The epoch that a row lies in, from 0; None where only steps are known."""
    if row is None or source["unit"] == "step":
        return None
    done = source["epochs_done"]
    return row if source["unit"] != "evaluation" else max(ceil(done[row] - 1e-6) - 1, 0) if done else None
