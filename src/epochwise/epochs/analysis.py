"""All that the curves of one run say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Annotated, Any, Literal

from annotated_types import Ge

from epochwise.epochs.curve import Curve, column_of
from epochwise.epochs.evidence import gather_evidence
from epochwise.epochs.forecast import forecast
from epochwise.epochs.recommended import on_the_way, recommend_epochs
from epochwise.epochs.replay import Replay, replay
from epochwise.epochs.schedule_end import first_rate, schedule_end
from epochwise.epochs.verdict import verdict


@dataclass(frozen=True, kw_only=True)
class ReplayTable:
    """Every combination of the settings given; see ``replay``.

    Args:
        patience: epochs.
        min_delta: see ``min_delta_mode``.
        start_epoch: from 0.
        min_epochs: counts.
        monitor: the score to follow; None for the run's own.
        mode: ``min`` where smaller is better, else ``max``; None for the run's own.
        min_delta_mode: ``abs``: ``min_delta`` is in the monitor's unit; ``rel``: a fraction of the best score so far.
    """

    patience: Sequence[Annotated[int, Ge(1)]] = (1, 2, 3, 5, 8, 13)
    min_delta: Sequence[Annotated[float, Ge(0)]] = (0.0,)
    start_epoch: Sequence[Annotated[int, Ge(0)]] = (0,)
    min_epochs: Sequence[Annotated[int, Ge(0)]] = (0,)
    monitor: str | None = None
    mode: Literal["min", "max"] | None = None
    min_delta_mode: Literal["abs", "rel"] = "abs"

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
        return [replay(curve, *setting, self.min_delta_mode) for setting in settings]


def analyse(
    rows: Sequence[Mapping[str, Any]],
    monitor: str,
    mode: Literal["min", "max"],
    chance: float | None = None,
    ideal: float | None = None,
    settings: Mapping[str, Any] | None = None,
    replays: ReplayTable | None = None,
    more_epochs: int | None = None,
    neighbours: float | None = None,
) -> dict[str, Any]:
    """Judge a run, recommend a count of epochs, replay early stopping and look ahead.

    Args:
        rows: those of ``epochs.csv``, one an epoch; what a run went back behind does not count (``on_the_way``).
        monitor: see ``Curve.of_rows``.
        mode: ``min`` where smaller is better, else ``max``.
        chance: score of knowing nothing, in the monitor's unit, where it is known.
        ideal: the best score there is, where it is known.
        settings: the run's config as plain nested mappings, for advice that starts from its values.
        replays: which settings of early stopping to replay; a few of patience, unless given.
        more_epochs: to look ahead; half as many as there are, unless given.
        neighbours: what nearest neighbours score, in the monitor's unit, where they were asked.

    Returns:
        ``chance``, ``ideal``, ``neighbours``, ``verdict`` (``label``, ``reason``, ``evidence``, ``advice``),
        ``recommended_epochs`` (``value``, ``low``, ``high``, ``best_score``, ``noise``, ``at_least``; None where no
        epoch was validated), ``schedule_end`` (the fields of ``ScheduleEnd``; None where no rate is known, or no epoch
        was validated), ``replay`` (a list of the fields of ``Replay``; of training alone none but one that asks for its
        score) and ``forecast`` (the fields of ``Forecast``).
    """
    rows = on_the_way(rows)
    curve, lr = Curve.of_rows(rows, monitor, mode), first_rate(rows)
    end = None if curve.is_training else schedule_end(curve, lr)
    judged = verdict(curve, chance, ideal, settings, end, neighbours)
    evidence = gather_evidence(curve, chance, ideal) if judged.evidence else None
    recommended = recommend_epochs(curve, judged.label, end)
    replays = replays or ReplayTable()
    asked = replays.monitor is not None or not curve.is_training
    ahead = more_epochs or max(len(rows) // 2, 1)
    return {
        "chance": chance,
        "ideal": ideal,
        "neighbours": neighbours,
        "verdict": asdict(judged),
        "recommended_epochs": recommended and asdict(recommended),
        "schedule_end": end and asdict(end),
        "replay": [asdict(one) for one in replays.of(rows, monitor, mode)] if asked else [],
        "forecast": asdict(forecast(curve, ahead, column_of(rows, "seconds"), lr, 0, evidence, judged.label)),
    }
