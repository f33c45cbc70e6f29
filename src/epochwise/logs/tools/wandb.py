"""Weights & Biases: the CSV that a chart exports."""

import re

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "W&B"
#: ``brisk-sun-7 - val_loss``.
COLUMN = re.compile(r"(.+?) - (.+)")
AXES = ("Step", "_step", "epoch", "train/epoch", "train/global_step", "trainer/global_step")


def sniff(file: LogFile) -> bool:
    """Whether an axis and ``<run> - <metric>`` are its columns, or those of ``run.history()`` with ``_step``."""
    names = file.header
    exported = [name for name in names if COLUMN.fullmatch(name) and not name.endswith(("__MIN", "__MAX"))]
    return bool(exported and set(AXES) & set(names)) or {"_step", "_timestamp"} <= set(names)


def read(file: LogFile) -> list[ToolLog]:
    """A training for each run of the chart. ``Step`` counts calls of ``wandb.log``, not epochs: rows are counted."""
    frame = file.frame
    frame = frame[[name for name in frame.columns if not name.endswith(("__MIN", "__MAX"))]]
    if "_step" in frame.columns:
        if "epoch" in frame.columns:
            return [log_of(TOOL, file, frame)]
        log = log_of(TOOL, file, frame.drop(columns="_step"))
        log.notes.append("its steps count calls of wandb.log, and there is no epoch: rows are counted")
        return [log]
    runs: dict[str, dict[str, str]] = {}
    for name in frame.columns:
        if (found := COLUMN.fullmatch(name)) and found[2] not in AXES:
            runs.setdefault(found[1], {})[name] = found[2]
    axis = next(name for name in AXES if name in frame.columns)
    logs = []
    for run, columns in runs.items():
        own = frame[[axis, *columns]].rename(columns=columns).dropna(subset=list(columns.values()), how="all")
        if "epoch" not in axis:
            own = own.drop(columns=axis)
        log = log_of(TOOL, file, own, name=run)
        if "epoch" not in axis:
            log.notes.append(f"{axis} counts calls of wandb.log, not epochs: each row is taken for one")
        logs.append(log)
    return logs
