"""Hugging Face Trainer and TRL: ``trainer_state.json``, or its ``log_history`` as JSON or as a table."""

import math
import re
from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.columns import meanings
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "Hugging Face Trainer"
#: What Trainer writes of its own speed, and of the whole run.
SPEED = re.compile(
    r"(train|eval|test|predict)_((\w+_)?(runtime|samples_per_second|steps_per_second|model_preparation_time))"
)
OF_THE_RUN = ("train_loss", "total_flos", "train_runtime")


def sniff(file: LogFile) -> bool:
    """Whether it holds a ``log_history``, or a table with ``loss`` and ``eval_loss`` by steps."""
    if _history(file.document) is not None:
        return True
    return {"loss", "eval_loss", "step"} <= set(file.header)


def read(file: LogFile) -> list[ToolLog]:
    """Epochs are those that are done, with fractions: 1.0 after the first.

    What follows the last step (the mean loss of the run) is no epoch. The score is the one that ``best_metric`` is a
    value of, else the loss; of several evaluation sets the first.
    """
    state = file.document if isinstance(file.document, dict) else {}
    history = _history(file.document)
    frame = file.frame if history is None else pd.DataFrame(history)
    left_out = [name for name in frame.columns if SPEED.fullmatch(name) or name in OF_THE_RUN]
    if "loss" not in frame.columns and "train_loss" in frame.columns and frame["train_loss"].notna().sum() > 1:
        left_out.remove("train_loss")
    frame = frame.drop(columns=left_out)
    lists = [name for name in frame.columns if frame[name].map(lambda cell: isinstance(cell, (list, dict))).any()]
    names = meanings(frame.columns.drop(lists))
    if "loss" in names:
        names["loss"] = "train/loss"
    for name, ours in names.items():  # beside the loss by steps: rewards, token accuracy
        if "/" not in ours and name not in ("epoch", "step") and ours not in ("lr", "grad_norm"):
            names[name] = f"train/{ours}"
    tool = "TRL" if {"num_tokens", "mean_token_accuracy", "rewards/margins", "kl"} & set(frame.columns) else TOOL
    log = log_of(tool, file, frame, names, counted_from="done")
    _choose(log, state)
    return [log]


def _history(document: Any) -> list[dict[str, Any]] | None:
    found = document.get("log_history") if isinstance(document, dict) else document
    if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
        return None
    if isinstance(document, dict):
        return found
    names = set().union(*found)
    return (
        found if {"epoch", "step"} <= names and ("loss" in names or any(n.startswith("eval_") for n in names)) else None
    )


def _choose(log: ToolLog, state: dict[str, Any]) -> None:
    best = state.get("best_metric")
    scores = [name for name in log.columns if name.startswith("val/")]
    sets = sorted({name.split("/")[1].rpartition("_loss")[0] for name in scores if name.endswith("_loss")} - {""})
    losses = [name for name in scores if name == "val/loss" or name.endswith("_loss")]
    log.monitor = losses[0] if losses else None
    if len(sets) > 1:
        others = ", ".join(losses[1:])
        log.notes.append(f"several evaluation sets: judged by {log.monitor}; for another one monitor= {others}")
    if not isinstance(best, (int, float)) or not math.isfinite(best):
        return
    for name in [*losses, *scores]:
        values = log.rows[name].dropna()
        if (
            len(values)
            and (abs(values - best) <= 1e-9 + 1e-9 * abs(best)).any()
            and best in (values.min(), values.max())
        ):
            log.monitor = name
            is_flat = values.min() == values.max()
            if not is_flat:
                log.modes = {name: "min" if best == values.min() else "max"}
            log.notes.append(f"best_metric there is {best:.6g}: a value of {name}")
            return
