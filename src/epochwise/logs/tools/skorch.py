"""skorch: ``history.json``."""

from typing import Any

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "skorch"


def sniff(file: LogFile) -> bool:
    """Whether it is a list of epochs with their ``batches`` or ``dur``."""
    rows = file.document
    is_list = isinstance(rows, list) and bool(rows) and all(isinstance(row, dict) and "epoch" in row for row in rows)
    return is_list and any({"batches", "dur"} & set(row) for row in rows)


def read(file: LogFile) -> list[ToolLog]:
    """Epochs count from 1; what a batch scored is left out, and ``valid_loss_best``, which only says true or false."""
    rows: list[dict[str, Any]] = file.document
    plain = [{n: v for n, v in row.items() if not isinstance(v, (list, dict, bool))} for row in rows]
    names = dict.fromkeys(name for row in plain for name in row if not name.endswith("_best"))
    frame = pd.DataFrame(plain, columns=list(names)).rename(columns={"dur": "seconds"})
    counts = [name for name in frame.columns if str(name).endswith("_batch_count")]
    return [log_of(TOOL, file, frame.drop(columns=counts), counted_from=1, a_line_an_epoch=True)]
