"""Lightning: ``metrics.csv`` of CSVLogger."""

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile
from epochwise.logs.long_tables import is_long

TOOL = "Lightning"


def sniff(file: LogFile) -> bool:
    """Whether it has the two columns that CSVLogger always writes, and none of Hugging Face's."""
    names = set(file.header)
    others = "samples" in names or any(name.startswith("eval_") for name in names) or is_long(file)
    return {"epoch", "step"} <= names and not others


def read(file: LogFile) -> list[ToolLog]:
    """Several rows are one epoch, counted from 0; ``step`` is the index of the last one, here a count."""
    log = log_of(TOOL, file, file.frame, counted_from=0)
    epochs = log.rows.get("epoch", pd.Series(dtype=float))
    if epochs.is_unique and (epochs == 2).any():
        log.counted_from = None  # perhaps a table made by hand with the same two columns, from 1
    scores = [name for name in log.columns if name not in ("epoch", "step", "seconds") and not name.startswith("lr")]
    steps_alone = bool(scores) and all(name.endswith("_step") for name in scores)
    if not scores or (steps_alone and epochs.nunique() < 2):
        what = "scores of single steps" if scores else "no scores"
        raise file.refused(
            f"is a log of Lightning with {what} and nothing of an epoch; "
            "allowed: what self.log(..., on_epoch=True) writes, over several epochs"
        )
    if "step" in log.rows:
        log.rows["step"] += 1
    return [log]
