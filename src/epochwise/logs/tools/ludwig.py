"""Ludwig: ``training_statistics.json``."""

from typing import Any

import pandas as pd

from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "Ludwig"
SPLITS = {"training": "train", "validation": "val", "test": "test"}


def sniff(file: LogFile) -> bool:
    """Whether it has the splits, the output features below them, and lists below these."""
    found = file.document
    return isinstance(found, dict) and isinstance(found.get("training"), dict) and _lists(found["training"]) != {}


def read(file: LogFile) -> list[ToolLog]:
    """A value an evaluation, an epoch unless the config says otherwise; ``combined`` is the loss of them all."""
    found: dict[str, Any] = file.document
    columns, names = {}, {}
    for split, stage in SPLITS.items():
        for path, values in _lists(found.get(split)).items():
            if not values:
                continue
            feature, _, metric = path.partition("/")
            ours = f"{stage}/{metric if feature == 'combined' else path}"
            columns[ours], names[f"{split}/{path}"] = pd.Series(values, dtype=float), ours
    if not columns:
        raise file.refused("is a log of Ludwig with empty lists; allowed: one of a training that evaluated once")
    rows = pd.DataFrame(columns)
    log = ToolLog(TOOL, rows.assign(epoch=range(len(rows))), names, counted_from=0)
    log.monitor = "val/loss" if "val/loss" in columns else None
    log.notes.append("an evaluation is taken for an epoch, which it is unless the config sets steps_per_checkpoint")
    return [log]


def _lists(split: Any) -> dict[str, list[float]]:
    """Feature/metric -> numbers; newer versions write ``[epoch, step, value]``."""
    found = {}
    for feature, metrics in (split if isinstance(split, dict) else {}).items():
        for metric, values in (metrics if isinstance(metrics, dict) else {}).items():
            if not isinstance(values, list):
                continue
            plain = [value[-1] if isinstance(value, list) and value else value for value in values]
            if all(isinstance(value, (int, float)) for value in plain):
                found[f"{feature}/{metric}"] = plain
    return found
