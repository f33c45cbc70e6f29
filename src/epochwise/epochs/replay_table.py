"""A run held to many settings of early stopping at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Literal

from annotated_types import Ge

from epochwise.epochs.curve import Curve
from epochwise.epochs.replay import Replay, replay


@dataclass(frozen=True, kw_only=True)
class ReplayTable:
    """Every combination of the settings given; see ``replay``.

    Args:
        patience: epochs.
        min_delta: in the monitor's unit.
        start_epoch: from 0.
        min_epochs: counts.
        monitor: the score to follow; None for the run's own.
        mode: ``min`` where smaller is better, else ``max``; None for the run's own.
    """

    patience: Sequence[Annotated[int, Ge(1)]] = (1, 2, 3, 5, 8, 13)
    min_delta: Sequence[Annotated[float, Ge(0)]] = (0.0,)
    start_epoch: Sequence[Annotated[int, Ge(0)]] = (0,)
    min_epochs: Sequence[Annotated[int, Ge(0)]] = (0,)
    monitor: str | None = None
    mode: Literal["min", "max"] | None = None

    def of(self, rows: Sequence[Mapping[str, Any]], monitor: str, mode: Literal["min", "max"]) -> list[Replay]:
        """Replay a run.

        Args:
            rows: those of ``epochs.csv``.
            monitor: the run's own.
            mode: the run's own.

        Returns:
            One a setting, the patience changing slowest.
        """
        curve = Curve.of_rows(rows, self.monitor or monitor, self.mode or mode)
        settings = product(self.patience, self.min_delta, self.start_epoch, self.min_epochs)
        return [replay(curve, *setting) for setting in settings]
