"""detectron2: ``metrics.json``, JSON lines by iterations."""

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "detectron2"
NO_SCORES = ("time", "data_time", "rank_data_time", "eta_seconds")


def sniff(file: LogFile) -> bool:
    """Whether its lines have an ``iteration``."""
    return bool(file.records) and all("iteration" in row for row in file.records or ())


def read(file: LogFile) -> list[ToolLog]:
    """It counts iterations: without the number of images and of those in a batch there are no epochs.

    Losses are of training; scores of an evaluation stand as ``bbox/AP``.
    """
    rows = []
    for record in file.records or ():
        row = {"step": record["iteration"] + 1, "lr": record.get("lr")}
        for name, value in record.items():
            if name in ("iteration", "lr", *NO_SCORES) or not isinstance(value, (int, float)):
                continue
            is_val = "/" in name and name.partition("/")[0] not in ("fast_rcnn", "mask_rcnn", "roi_head", "rpn")
            plain = "loss" if name == "total_loss" else name
            if name.startswith(("validation", "val_")):
                is_val, plain = (
                    True,
                    name.removeprefix("validation_").removeprefix("val_").replace("total_loss", "loss"),
                )
            row[f"val/{plain}" if is_val else f"train/{plain}"] = value
        rows.append(row)
    frame = pd.DataFrame(rows)
    log = log_of(TOOL, file, frame, {str(name): str(name) for name in frame.columns}, unit="step")
    log.names = {"total_loss": "train/loss", "iteration": "step"} | log.names
    log.modes = {name: "max" for name in log.columns if "/AP" in name.removeprefix("val")}
    log.monitor = next((f"val/{task}/AP" for task in ("bbox", "segm") if f"val/{task}/AP" in log.rows), None)
    log.notes.append("it counts iterations, not epochs: images / SOLVER.IMS_PER_BATCH are one; give steps_per_epoch=N")
    return [log]
