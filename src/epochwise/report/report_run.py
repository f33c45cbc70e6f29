"""One run, whoever trained it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from epochwise.run.epochs_csv import Row


@dataclass(frozen=True)
class ReportRun:
    """What a report is made of.

    Args:
        name: short, and unlike those of the other runs of the report.
        table: the file that its rows were read from; what is found goes beside it.
        rows: one an epoch, as those of ``epochs.csv``.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        result: what ``result.json`` holds; of a run that was killed, or another tool's, what is known.
        settings: its config as plain nested mappings, empty where there is none.
        notes: a line each on what was taken for what.
        pictures: a PNG of some of its training pictures; None where there is none.
    """

    name: str
    table: Path
    rows: list[Row]
    monitor: str
    mode: Literal["min", "max"]
    result: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: bytes | None = None

    @property
    def folder(self) -> Path:
        """Where its table lies."""
        return self.table.parent
