"""Flair: ``loss.tsv``."""

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "Flair"


def sniff(file: LogFile) -> bool:
    """Whether its header is in capitals and begins as Flair's."""
    return file.header[:2] == ["EPOCH", "TIMESTAMP"]


def read(file: LogFile) -> list[ToolLog]:
    """``DEV_`` is validation; ``TEST_`` is the test split, and judges nothing. A ``_`` is an empty cell."""
    log = log_of(TOOL, file, file.frame.replace("_", None))
    log.monitor = "val/loss" if "val/loss" in log.rows else None
    return [log]
