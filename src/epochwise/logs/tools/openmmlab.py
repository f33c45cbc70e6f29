"""OpenMMLab: ``scalars.json`` of mmengine, ``*.log.json`` of mmcv."""

from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "OpenMMLab"


def sniff(file: LogFile) -> bool:
    """Whether lines have a ``mode`` of train or val (mmcv), or ``data_time`` beside a step (mmengine)."""
    rows = file.records or []
    by_mode = any(row.get("mode") in ("train", "val") and "epoch" in row for row in rows)
    return by_mode or any("data_time" in row and {"step", "iter"} & set(row) and "iteration" not in row for row in rows)


def read(file: LogFile) -> list[ToolLog]:
    """Epochs count from 1. A row of validation of mmengine has no epoch: its ``step`` is the epoch.

    In a training that counts iterations alone, both are iterations, and there are no epochs.
    """
    records = [row for row in file.records or () if row.get("mode") or {"step", "iter"} & set(row)]
    has_epochs = any("epoch" in row for row in records)
    rows = [_row(row, has_epochs) for row in records]
    frame = pd.DataFrame(rows)
    names = {name: name for name in frame.columns if "/" in name or name in ("epoch", "step", "lr")}
    log = log_of(TOOL, file, frame, names, counted_from=1, unit="epoch" if has_epochs else "step")
    log.names = {name.partition("/")[2] or name: name for name in names}
    scores = [name for name in log.columns if name.startswith("val/") and name != "val/loss"]
    first = ("bbox_mAP", "mAP", "mIoU", "accuracy/top1", "accuracy_top-1", "accuracy", "PCK", "AP")
    named = [name for score in first for name in scores if name.endswith(score)]
    log.monitor = next(iter([*named, *scores]), "val/loss" if "val/loss" in log.rows else None)
    is_mmengine = not any("mode" in row for row in records)
    if is_mmengine and "val/loss" in log.rows and log.monitor != "val/loss":
        said = "val/loss is smoothed there with losses of the epochs before"
        log.notes.append(f"{said}: monitor={log.monitor} is the metric as it was measured")
    return [log]


def _row(row: dict[str, Any], has_epochs: bool) -> dict[str, Any]:
    mode = row.get("mode")
    has_loss = "loss" in row and not (has_epochs and "epoch" not in row)  # a row without an epoch is of validation
    is_val = mode == "val" or (mode is None and "lr" not in row and not has_loss)
    place = row.get("step", row.get("iter"))
    found: dict[str, Any] = {}
    if has_epochs:
        found["epoch"] = row.get("epoch", place if is_val else None)
    if not is_val or not has_epochs:
        found["step"] = place
    if "lr" in row and not is_val:
        found["lr"] = row["lr"][0] if isinstance(row["lr"], list) and row["lr"] else row["lr"]
    left_out = ("epoch", "step", "iter", "lr", "mode", "time", "data_time", "memory", "base_lr", "grad_norm")
    stage = "val" if is_val else "train"
    scores = {name: value for name, value in row.items() if name not in left_out and isinstance(value, (int, float))}
    return found | {f"{stage}/{name}": value for name, value in scores.items()}
