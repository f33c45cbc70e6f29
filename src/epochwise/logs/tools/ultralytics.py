"""Ultralytics and YOLOv5 to v12: ``results.csv``; YOLOv7: ``results.txt``."""

import re
from io import StringIO

import numpy as np
import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "Ultralytics YOLO"
#: Of a line of YOLOv7, which has no header.
COLUMNS_7 = [
    *("epoch", "memory", "train/box_loss", "train/obj_loss", "train/cls_loss", "train/loss", "labels", "img_size"),
    *("val/precision", "val/recall", "val/mAP_0.5", "val/mAP_0.5:0.95", "val/box_loss", "val/obj_loss", "val/cls_loss"),
]
LINE_7 = re.compile(r"\s*\d+/\d+\s+[\d.]+G\s")
#: The score that the best weights are kept by, of all layouts; the last there is.
SCORES = ("metrics/accuracy_top1", "metrics/mAP_0.5:0.95", "metrics/mAP50-95(B)")


def sniff(file: LogFile) -> bool:
    """Whether its scores begin with ``metrics/``, or its lines are those of YOLOv7."""
    if file.first_lines and LINE_7.match(file.first_lines[0]):
        return True
    names = file.header
    ours = ("metrics/mAP", "metrics/precision", "metrics/accuracy_top", "metrics/recall")
    return "epoch" in names and any(name.startswith(ours) for name in names)


def read(file: LogFile) -> list[ToolLog]:
    """The loss is the sum of its parts; the score is mAP50-95 of boxes, with that of masks or key points added.

    Epochs count from 1, from 0 in YOLOv5 and old versions of v8; ``time`` runs on from the start of the training.
    """
    if file.first_lines and LINE_7.match(file.first_lines[0]):
        return [_read_7(file)]
    frame = file.frame
    names: dict[str, str] = {"epoch": "epoch"}
    modes = {}
    for name in frame.columns:
        if name.startswith("metrics/"):
            names[name] = f"val/{name.removeprefix('metrics/')}"
            modes[names[name]] = "max"
        elif re.match(r"(train|val)/", name):
            names[name] = name
        elif found := re.fullmatch(r"(?:x/lr|lr/pg)(\d+)", name):
            names[name] = f"lr/{found[1]}"
        elif name == "time":
            names[name] = "seconds"
    log = log_of(TOOL, file, frame, names, a_line_an_epoch=True, modes=modes)
    if "seconds" in log.rows:
        spent = log.rows["seconds"].diff()
        log.rows["seconds"] = np.where(spent.isna() | (spent < 0), log.rows["seconds"], spent)  # it went on from there
    for stage in ("train", "val"):
        parts = [name for name in log.columns if re.fullmatch(rf"{stage}/\w+_loss", name)]
        if parts and f"{stage}/loss" not in log.rows:
            log.rows[f"{stage}/loss"] = log.rows[parts].sum(axis=1, min_count=len(parts))
            log.notes.append(f"{stage}/loss: the sum of {', '.join(parts)}")
    if "val/accuracy_top1" in log.rows and "train/loss" in log.rows:
        log.rows = log.rows.rename(columns={"train/loss": "train/loss_of_batches"})
        log.names["train/loss"] = "train/loss_of_batches"
        log.notes.append("train/loss and val/loss are on unlike scales there: no gap between them is judged")
    scores = [score for score in SCORES if score in frame.columns]
    log.monitor = names[scores[-1]] if scores else None
    parts = [name for name in (f"val/mAP50-95({kind})" for kind in "BMP") if name in log.rows]
    if len(parts) > 1:
        log.rows["val/fitness"] = log.rows[parts].sum(axis=1, min_count=len(parts))
        log.modes = {**log.modes, "val/fitness": "max"}
        log.monitor = "val/fitness"
        log.notes.append(f"val/fitness: the sum of {' and '.join(parts)}, which Ultralytics goes by")
    if {"val/accuracy_top1", "val/accuracy_top5"} <= set(log.columns):
        log.rows["val/fitness"] = (log.rows["val/accuracy_top1"] + log.rows["val/accuracy_top5"]) / 2
        log.modes = {**log.modes, "val/fitness": "max"}
        if log.rows["val/accuracy_top5"].nunique() > 1:
            log.monitor = "val/fitness"
            log.notes.append("val/fitness: the mean of accuracy_top1 and accuracy_top5, which Ultralytics goes by")
    return [log]


def _read_7(file: LogFile) -> ToolLog:
    try:
        frame = pd.read_csv(StringIO(file.text), sep=r"\s+", header=None)
    except (ValueError, pd.errors.ParserError) as error:
        raise file.refused(f"looks like results.txt of YOLOv7, and is none: {error}") from error
    frame = frame.iloc[:, : len(COLUMNS_7)].set_axis(COLUMNS_7[: frame.shape[1]], axis=1)
    names = {name: name for name in frame.columns if name == "epoch" or "/" in name}
    log = log_of(
        "YOLOv7",
        file,
        frame,
        names,
        counted_from=0,
        a_line_an_epoch=True,
        modes={n: "max" for n in names if "/mAP" in n},
    )
    parts = [name for name in log.columns if re.fullmatch(r"val/\w+_loss", name)]
    log.rows["val/loss"] = log.rows[parts].sum(axis=1, min_count=1)
    log.monitor = "val/mAP_0.5:0.95"
    return log
