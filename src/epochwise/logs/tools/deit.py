"""``log.txt`` of DeiT, MAE, DETR and what came from them: JSON, a line an epoch."""

import pandas as pd

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "DeiT/MAE/DETR"
#: The first of the twelve numbers of pycocotools is AP at IoU 0.50 to 0.95.
COCO = "test_coco_eval_"


def sniff(file: LogFile) -> bool:
    """Whether each line has an epoch and a ``train_lr`` or ``train_loss``."""
    records = file.records
    return bool(records) and all("epoch" in row and {"train_lr", "train_loss"} & set(row) for row in records or ())


def read(file: LogFile) -> list[ToolLog]:
    """Epochs count from 0; ``test_`` is the validation of each epoch; accuracies are in per cent."""
    rows = []
    for row in file.records or ():
        flat = {name: value for name, value in row.items() if not isinstance(value, (list, dict))}
        for name, value in row.items():
            if name.startswith(COCO) and isinstance(value, list) and value:
                flat[f"test_{name.removeprefix(COCO)}_AP"] = value[0]
        rows.append(flat)
    return [log_of(TOOL, file, pd.DataFrame(rows), counted_from=0, a_line_an_epoch=True)]
