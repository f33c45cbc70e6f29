"""Epochwise: ``epochs.csv``."""

from epochwise.logs.cells import log_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "Epochwise"


def sniff(file: LogFile) -> bool:
    """Whether it is called so, and begins as ours do."""
    return file.path.name == "epochs.csv" and "epoch" in file.header


def read(file: LogFile) -> list[ToolLog]:
    """A row an epoch, from 0, under the names that it has."""
    frame = file.frame
    texts = ("events",)
    names = {name: name for name in frame.columns if name not in texts} | {n: n for n in texts if n in frame.columns}
    return [log_of(TOOL, file, frame, names, counted_from=0, a_line_an_epoch=True)]
