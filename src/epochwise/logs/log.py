"""What a reader hands over, and what a report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from epochwise.epochs.epoch_table import EpochTable

if TYPE_CHECKING:  # half a second that a report of a run of this project does not need
    import pandas as pd

Mode = Literal["min", "max"]
#: What one row is: an epoch; a round of boosting; an evaluation within epochs; a line of steps without any epoch.
Unit = Literal["epoch", "round", "evaluation", "step"]

#: What a row is called.
UNITS = {"epoch": "epoch", "round": "round", "evaluation": "evaluation", "step": "line"}


@dataclass
class ToolLog:
    """One training as a tool wrote it down.

    Args:
        tool: its name.
        rows: the lines in their order, of any number an epoch, under our names: ``epoch`` (may be absent, and may have
            fractions), ``step``, ``seconds``, ``lr``, ``train/loss``, ``val/loss``; float64, NaN where a cell is empty,
            inf where it is ``nan``: that was measured.
        names: of the columns, in the file -> ours.
        counted_from: the number of the first epoch in the file; None where the numbers say it. ``done``: they say how
            many epochs are done, as Hugging Face's do, 1.0 after the first.
        a_line_an_epoch: an epoch that is there again began anew; else it has several lines.
        unit: what the numbers in ``epoch`` count.
        monitor: the score that the tool goes by, where it is known.
        modes: score -> better direction, where the tool knows more than the name.
        test: scores of the test split, by name.
        notes: what was taken for what, a line each.
        name: of the training within its file.
    """

    tool: str
    rows: "pd.DataFrame"
    names: dict[str, str] = field(default_factory=dict)
    counted_from: Literal[0, 1, "done"] | None = None
    a_line_an_epoch: bool = False
    unit: Unit = "epoch"
    monitor: str | None = None
    modes: Mapping[str, Mode] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    name: str = ""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [str(name) for name in self.rows.columns]


@dataclass
class Log:
    """One training, a row an epoch (or a round, an evaluation).

    Args:
        tool: that wrote it.
        rows: as those of ``epochs.csv``.
        num_epochs: epochs (rounds) trained; None where only steps are known.
        unit: what a row is.
        epochs_done: (n,) of each evaluation, with fractions; None where a row is an epoch or a round.
        names: see ``ToolLog``; so ``monitor``, ``modes``, ``test``, ``notes`` and ``name``.
    """

    tool: str
    rows: EpochTable
    num_epochs: int | None
    unit: Unit = "epoch"
    epochs_done: list[float] | None = None
    names: dict[str, str] = field(default_factory=dict)
    monitor: str | None = None
    modes: Mapping[str, Mode] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    name: str = ""
