"""What the curves of a run say, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from epochwise.epochs.curve import Curve, column_of
from epochwise.epochs.forecast import forecast
from epochwise.epochs.recommended import recommend_epochs
from epochwise.epochs.replay_table import ReplayTable
from epochwise.epochs.schedule_end import first_rate, schedule_end
from epochwise.epochs.verdict import verdict
from epochwise.epochs.went_back import on_the_way


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
        epoch was validated), ``schedule_end`` (the fields of ``ScheduleEnd``; None where no rate is known), ``replay``
        (a list of the fields of ``Replay``) and ``forecast`` (the fields of ``Forecast``).
    """
    rows = on_the_way(rows)
    curve, lr = Curve.of_rows(rows, monitor, mode), first_rate(rows)
    end = schedule_end(curve, lr)
    judged = verdict(curve, chance, ideal, settings, end, neighbours)
    recommended = recommend_epochs(curve, judged.label, end)
    ahead = more_epochs or max(len(rows) // 2, 1)
    return {
        "chance": chance,
        "ideal": ideal,
        "neighbours": neighbours,
        "verdict": asdict(judged),
        "recommended_epochs": recommended and asdict(recommended),
        "schedule_end": end and asdict(end),
        "replay": [asdict(one) for one in (replays or ReplayTable()).of(rows, monitor, mode)],
        "forecast": asdict(forecast(curve, ahead, column_of(rows, "seconds"), lr)),
    }
