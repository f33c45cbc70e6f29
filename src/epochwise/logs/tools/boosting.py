"""XGBoost and LightGBM: ``evals_result`` as JSON."""

from typing import Any

import pandas as pd

from epochwise.logs.columns import stage_and_score
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "XGBoost or LightGBM"
OF_TRAINING = ("train", "training", "dtrain", "learn", "train_set", "xgb_train")

#: Neither library has metrics of these names; who writes epochs by hand does.
OF_EPOCHS = {"loss", "acc", "accuracy"}
#: Metrics that XGBoost has by other names: logloss, mlogloss, rmse, mae, error, merror.
OF_LIGHTGBM = {"binary_logloss", "multi_logloss", "l1", "l2", "binary_error", "multi_error", "cross_entropy"}


def sniff(file: LogFile) -> bool:
    """Whether it is data set -> metric -> list of numbers, one a round."""
    sets = file.document
    if not (isinstance(sets, dict) and sets and all(_is_set(curves) for curves in sets.values())):
        return False
    metrics = {metric for curves in sets.values() for metric in curves}
    return not metrics & OF_EPOCHS and not any(stage_and_score(metric)[0] for metric in metrics)


def _is_set(curves: Any) -> bool:
    lists = list(curves.values()) if isinstance(curves, dict) else []
    return bool(lists) and all(isinstance(one, list) and all(isinstance(v, (int, float)) for v in one) for one in lists)


def read(file: LogFile) -> list[ToolLog]:
    """Rounds from 0. The last data set validates; one before it is of training where its name or its scores say so.

    XGBoost stops by the last metric of the last set, LightGBM by the first it is given.
    """
    sets: dict[str, dict[str, list[float]]] = file.document
    metrics = {metric for curves in sets.values() for metric in curves}
    is_lightgbm = any(name.startswith("valid_") or name == "training" for name in sets) or bool(metrics & OF_LIGHTGBM)
    tool = "LightGBM" if is_lightgbm else "XGBoost"
    training = [name for name in sets if name.lower() in OF_TRAINING]
    others = [name for name in sets if name not in training]
    notes = ["its epochs are rounds of boosting: one tree (or one a class) each"]
    if not training and len(others) > 1 and _looks_like_training(sets[others[0]], sets[others[-1]]):
        training = [others.pop(0)]
        notes.append(
            f"{training[0]} is taken for training: it is the first, and scores better than {others[-1]} throughout"
        )
    columns, names = {}, {}
    for name in sets:
        for metric, values in sets[name].items():
            stage = "train" if name in training[:1] else "val" if [name] == others[-1:] else f"val/{name}"
            ours = f"{stage}/{metric}"
            columns[ours], names[f"{name} {metric}"] = pd.Series(values, dtype=float), ours
    rows = pd.DataFrame(columns)
    last = list(sets[others[-1]]) if others else []
    monitor = f"val/{last[0] if is_lightgbm else last[-1]}" if last else None
    return [
        ToolLog(
            tool, rows.assign(epoch=range(len(rows))), names, counted_from=0, unit="round", monitor=monitor, notes=notes
        )
    ]


def _looks_like_training(first: dict[str, list[float]], last: dict[str, list[float]]) -> bool:
    from epochwise.logs.directions import direction_of

    for metric in first:
        mode = direction_of(metric)
        if metric not in last or mode is None or not first[metric] or not last[metric]:
            continue
        better = [(a < b) == (mode == "min") and a != b for a, b in zip(first[metric], last[metric], strict=False)]
        if sum(better) < 0.9 * len(better):
            return False
    return True
