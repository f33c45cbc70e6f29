"""What ``result.json`` says of the rows of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from epochwise.run.best_row import best_row
from epochwise.run.epochs_csv import Row
from epochwise.run.phases import Phases


def result_fields(
    rows: Sequence[Row],
    monitor: str,
    mode: str,
    found: Mapping[str, Any],
    ended: Mapping[str, Any],
    steps: int,
    seconds: float,
    plan: Mapping[str, Any] | None = None,
    samples: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Gather the best epoch, the counts, where the seconds went, and what the curves say.

    Args:
        rows: those of ``epochs.csv``; there may be none.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        found: what ``epochs.analysis.analyse`` says.
        ended: ``status``, ``reason``, and what is known better than from the rows: of the best weights, of the test.
        steps: optimizer steps in all.
        seconds: since the run, or this life of it, began.
        plan: what the run was to do, where that was known.
        samples: of each split, where they are known.

    Returns:
        The fields of ``run.result.write_result``.
    """
    best = best_row(rows, monitor, mode) or {}
    return {
        "monitor": monitor,
        "mode": mode,
        "best_epoch": best.get("epoch"),
        "best_step": best.get("scored_step") or best.get("step"),
        "best_score": best.get(monitor),
        "tested_epoch": None,
        "test": {},
        **ended,
        "epochs_run": len(rows),
        "steps": steps,
        "seconds": round(seconds, 3),
        "plan": plan,
        "samples": samples,
        "phases": Phases.in_all(rows),
        **found,
    }
