"""fastai: ``history.csv`` of CSVLogger."""

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile
from epochwise.logs.long_tables import is_long

TOOL = "fastai"


def sniff(file: LogFile) -> bool:
    """Whether its header begins as fastai's recorder names them."""
    names = file.header
    begins = names[:3] == ["epoch", "train_loss", "valid_loss"]
    return (begins or (names[:2] == ["epoch", "train_loss"] and names[-1] == "time")) and not is_long(file)


def read(file: LogFile) -> list[ToolLog]:
    """Metrics without a stage are of validation; ``time`` is that of the epoch, ``m:ss``.

    fastai counts from 0; who writes such a table by hand often from 1.
    """
    return [log_of(TOOL, file, file.frame, a_line_an_epoch=True)]
