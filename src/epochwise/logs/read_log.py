"""From a file of any tool to its trainings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from epochwise.epochs.epoch_table import EpochTable
from epochwise.logs import own
from epochwise.logs.by_epoch import by_epoch
from epochwise.logs.log import Log, ToolLog
from epochwise.logs.log_file import LogFile
from epochwise.logs.seams import trainings
from epochwise.logs.tools import (
    boosting,
    catboost,
    deit,
    detectron2,
    fastai,
    flair,
    hugging_face,
    keras,
    lightning,
    ludwig,
    mlflow,
    nnunet,
    openmmlab,
    scikit_learn,
    skorch,
    table,
    tensorboard,
    timm,
    ultralytics,
    wandb,
)


class Reader(Protocol):
    """What a module of ``logs.tools`` offers."""

    TOOL: str

    def sniff(self, file: LogFile) -> bool:
        """Whether the file is one of this tool's."""

    def read(self, file: LogFile) -> list[ToolLog]:
        """Its trainings, a line each as it was logged."""


#: Asked in this order: what is plain first, tables made by hand last.
READERS: Sequence[Reader] = (
    own, tensorboard, mlflow, catboost, flair, ultralytics, timm, fastai, wandb, hugging_face, skorch, scikit_learn,
    ludwig, boosting, openmmlab, detectron2, deit, keras, lightning, nnunet, table,
)  # fmt: skip

ALLOWED = (
    "allowed: a table (CSV, TSV, JSON, JSON lines, Excel, Parquet) with a row an epoch and columns such as epoch, "
    "train_loss, val_loss; or the log of a tool that docs/any-log.md names"
)


def read_log(path: Path, steps_per_epoch: float | None = None) -> list[Log]:
    """Read a file that a tool, or somebody by hand, wrote of one or more trainings.

    Args:
        path: of the file.
        steps_per_epoch: optimizer steps an epoch, for logs that know steps alone.

    Returns:
        One a training, in their order; with a note on what was taken for what, a line each.

    Raises:
        InputError: it is no log, or one of which nothing about epochs can be said.
    """
    file = LogFile(path)
    reader = next((one for one in READERS if one.sniff(file)), None)
    if reader is None:
        raise file.refused(f"is {_kind(file)}; {ALLOWED}")
    found = [_validated(by_epoch(part, steps_per_epoch)) for log in reader.read(file) for part in trainings(log)]
    if not any(len(log.rows) for log in found):
        raise file.refused(f"is a log of {reader.TOOL} without a row; allowed: one of a training that ended an epoch")
    return [replace(log, notes=[f"{path}: {note}" for note in log.notes]) for log in found if len(log.rows)]


def _kind(file: LogFile) -> str:
    """What a file seems to be, that no reader takes."""
    if isinstance(file.document, dict) and table.OF_THE_END & set(file.document):
        return "what Hugging Face's Trainer has at the end; its epochs stand in trainer_state.json beside it"
    if table.has_one_value_each(file.document):
        return "JSON with one value of each score, and not one an epoch"
    if file.document is not None:
        return "JSON, but neither a list of epochs nor lists of scores"
    if file.start in ("{", "["):
        return "cut off in the middle, or no JSON"
    return "text that no tool writes as a table"


def _validated(log: Log) -> Log:
    """Take scores called ``test`` that are measured in each epoch for validation, where there is no other."""
    columns = log.rows.columns
    vals = [name for name in columns if name.startswith("val/")]
    tests = [name for name in columns if name.startswith("test/")]
    if vals or not tests:
        return log
    there = {name: np.isfinite(columns[name]).sum() + np.isinf(columns[name]).sum() for name in tests}
    often = [name for name in tests if there[name] >= max(min(2, len(log.rows)), 0.5 * len(log.rows))]
    if not often:
        return log
    renamed = {name: f"val/{name.removeprefix('test/')}" if name in often else name for name in columns}
    table = EpochTable({renamed[name]: values for name, values in columns.items()})
    names = {name: renamed.get(ours, ours) for name, ours in log.names.items()}
    note = f"what is called test there is measured in each epoch, and taken for validation: {', '.join(often[:3])}"
    return replace(log, rows=table, names=names, notes=[*log.notes, note])
