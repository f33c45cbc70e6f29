"""What the curves of a run say, as plain values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np

from epochwise.epochs.curve import Curve, Floats
from epochwise.epochs.recommended import recommend_epochs
from epochwise.epochs.verdict import verdict


def analyse(rows: Sequence[dict[str, Any]], monitor: str, mode: Literal["min", "max"]) -> dict[str, Any]:
    """Judge a run and recommend a count of epochs.

    Args:
        rows: those of ``epochs.csv``, one an epoch.
        monitor: the score that decides. That of training beside it is ``train_eval/<name>`` where it was measured,
            else ``train/<name>``.
        mode: ``min`` where smaller is better, else ``max``.

    Returns:
        ``verdict`` (``label``, ``reason``, ``evidence``, ``advice``) and ``recommended_epochs`` (``value``, ``low``,
        ``high``, ``best_score``, ``noise``; None where no epoch was validated).
    """
    name = monitor.partition("/")[2]
    stage = "train_eval" if any(row.get(f"train_eval/{name}") is not None for row in rows) else "train"
    scored = rows if any(row.get(monitor) is not None for row in rows) else []
    val = _column(scored, monitor)
    val[[isinstance(row.get(monitor), float) and np.isnan(row[monitor]) for row in scored]] = np.inf  # it was measured
    curve = Curve.of(val, _column(scored, f"{stage}/{name}"), mode)
    recommended = recommend_epochs(curve)
    return {"verdict": asdict(verdict(curve)), "recommended_epochs": recommended and asdict(recommended)}


def _column(rows: Sequence[dict[str, Any]], name: str) -> Floats:
    values = [row.get(name) for row in rows]
    return np.array([value if isinstance(value, (int, float)) else np.nan for value in values], dtype=np.float64)
