"""scikit-learn: ``loss_curve_`` and ``validation_scores_`` of MLPClassifier and MLPRegressor, as JSON."""

from typing import Any

import pandas as pd

from epochwise.logs.log import ToolLog, Unit
from epochwise.logs.log_file import LogFile

TOOL = "scikit-learn"


def sniff(file: LogFile) -> bool:
    """Whether it is an object with a ``loss_curve_``, or the staged losses of boosting: ``train_score_``."""
    return isinstance(file.document, dict) and bool({"loss_curve_", "loss_curve", "train_score_"} & set(file.document))


def read(file: LogFile) -> list[ToolLog]:
    """A value an epoch, from 0. ``validation_scores_`` is accuracy, or R2 of a regressor: larger is better.

    Of gradient boosting, ``train_score_`` and ``validation_score_`` have a value a round; of HistGradientBoosting one
    more, before the first.
    """
    found: dict[str, Any] = file.document
    curves = {
        "train/loss": found.get("loss_curve_", found.get("loss_curve")),
        "val/score": found.get("validation_scores_", found.get("validation_scores")),
    }
    if curves["train/loss"] is None:
        curves = {"train/score": found.get("train_score_"), "val/score": found.get("validation_score_")}
    kept = {name: values for name, values in curves.items() if isinstance(values, list) and values}
    if not kept or not all(isinstance(value, (int, float)) for values in kept.values() for value in values):
        raise file.refused("is JSON of scikit-learn without numbers; allowed: lists loss_curve_ and validation_scores_")
    rows = pd.DataFrame({name: pd.Series(values, dtype=float) for name, values in kept.items()})
    monitor = "val/score" if "val/score" in kept else None
    unit: Unit = "epoch" if "train/loss" in kept else "round"
    names = {"validation_scores_": "val/score", "loss_curve_": "train/loss"}
    log = ToolLog(TOOL, rows.assign(epoch=range(len(rows))), names, counted_from=0, unit=unit, monitor=monitor)
    log.modes = {"val/score": "max", "train/score": "max"}
    if monitor:
        log.notes.append("validation_scores_ are accuracy, of a regressor R2: larger is better")
    return [log]
