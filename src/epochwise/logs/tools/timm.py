"""timm: ``summary.csv`` of its training script."""

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "timm"


def sniff(file: LogFile) -> bool:
    """Whether it has the top-1 accuracy that ``update_summary`` writes as ``eval_top1``."""
    return "epoch" in file.header and {"eval_top1", "eval_top5"} & set(file.header) != set()


def read(file: LogFile) -> list[ToolLog]:
    """Epochs count from 0; the best checkpoint is that of ``eval_top1``, in per cent; a resume repeats the header."""
    log = log_of(
        TOOL,
        file,
        file.frame,
        counted_from=0,
        a_line_an_epoch=True,
        monitor="val/top1",
        modes={"val/top1": "max", "val/top5": "max"},
    )
    log.monitor = "val/top1" if "val/top1" in log.rows else None
    return [log]
