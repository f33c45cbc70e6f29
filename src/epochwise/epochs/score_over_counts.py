"""How many epochs to train, from runs of several counts, each with a schedule of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.count_forecast import CountCourse
from epochwise.epochs.curve import Floats
from epochwise.epochs.longer_counts import CountForecast, Doubling, LongerCounts
from epochwise.input_error import InputError

#: The score has turned where the last count is worse than the best by more than this many standard errors: of several
#: counts that are alike, the best is the luckiest.
TURN_STDERRS = 3.0


@dataclass(frozen=True)
class Turn:
    """Where more epochs begin to make the score worse.

    Args:
        count: the best one.
        low: the turn lies above this count.
        high: and below this one.
    """

    count: int
    low: int
    high: int


@dataclass(frozen=True)
class ScoreOverCounts:
    """The score at the end of a run as a function of its count of epochs; (C,) each, NaN where nothing is known.

    Args:
        monitor: the score.
        mode: ``min`` where smaller is better, else ``max``.
        num_seeds: S, those that have any score.
        counts: of epochs.
        mean: over seeds. Where a seed lacks a count, what it has at the others says what it would have been.
        stderr: its standard error, of the spread over seeds at this count and its neighbours.
        gain: over the count before, paired by seed; positive is better.
        gain_stderr: its standard error.
        price_epochs: that were trained for this count alone, a seed.
        best: the count with the best mean.
        recommended: the least count whose mean is within one standard error of the best.
        high: the largest such count, of those without an interruption.
        noise: the standard deviation of the score of one run of the recommended count; NaN where it is unknown.
        turn: None where the score does not turn.
        ended_too_early: the best count is the last of several, and it is the recommended one or it gained more than
            twice its noise over the one before.
        next: twice the recommended count.
        beyond: twice the last count, a forecast.
        forecast: None of a single count, or where the noise is unknown.
    """

    monitor: str
    mode: Literal["min", "max"]
    num_seeds: int
    counts: tuple[int, ...]
    mean: tuple[float, ...]
    stderr: tuple[float, ...]
    gain: tuple[float, ...]
    gain_stderr: tuple[float, ...]
    price_epochs: tuple[float, ...]
    best: int
    recommended: int
    high: int
    noise: float
    turn: Turn | None
    ended_too_early: bool
    next: Doubling
    beyond: Doubling
    forecast: CountForecast | None


def score_over_counts(
    counts: ArrayLike,
    scores: ArrayLike,
    mode: Literal["min", "max"],
    steps: ArrayLike | None = None,
    seconds: ArrayLike | None = None,
    price_epochs: ArrayLike | None = None,
    monitor: str = "score",
    seed: int = 0,
) -> ScoreOverCounts:
    """Choose a count of epochs by the one-standard-error rule, and say what more would bring.

    What the noise of a count is, ``CountCourse`` says; where it is unknown, the best count is recommended.

    Args:
        counts: (C,) ascending, of epochs.
        scores: (S, C) at the end of a run of that count, a row a seed; NaN where there is none.
        mode: ``min`` where smaller is better, else ``max``.
        steps: (C,) optimizer steps of one run; NaN where unknown.
        seconds: (C,) of one run; NaN where unknown.
        price_epochs: (C,) that were trained for this count alone, a seed; the count itself where not given.
        monitor: what the scores are of.
        seed: of the draws behind the bands.

    Raises:
        InputError: counts that do not ascend from 1 or more, scores of another shape, or no score at all.

    Source:
        Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, section 3.4.3, for the rule.
    """
    counts, scores = np.asarray(counts, dtype=np.int64), np.asarray(scores, dtype=np.float64)
    if counts.ndim != 1 or not len(counts) or counts[0] < 1 or (np.diff(counts) <= 0).any():
        raise InputError(f"counts: got {counts.tolist()}, allowed: ascending, from 1")
    if scores.ndim != 2 or scores.shape[1] != len(counts):
        raise InputError(f"scores: got the shape {scores.shape}, allowed: (seeds, {len(counts)})")
    sign = 1 if mode == "min" else -1
    loss = np.where(np.isfinite(scores), sign * scores, np.nan)
    there = np.isfinite(loss).any(axis=0)
    if not there.any():
        raise InputError(f"counts: no run has a {monitor}; allowed: at least one that ended with a number")
    loss = loss[np.isfinite(loss).any(axis=1)]
    course = CountCourse.of(counts[there], loss[:, there])
    gain, gain_stderr = course.gains()
    best = int(np.argmin(course.mean))
    near = course.mean <= course.mean[best] + np.nan_to_num(course.stderr[best])
    recommended, beyond = int(np.argmax(near)), np.flatnonzero(~near[best:])
    last = len(near) - 1
    least = int(course.counts[recommended])
    longer = LongerCounts(course, least, _each(counts, steps), _each(counts, seconds), np.random.default_rng(seed))

    def everywhere(values: Floats) -> tuple[float, ...]:
        whole = np.full(len(counts), np.nan)
        whole[there] = values
        return tuple(whole.tolist())

    return ScoreOverCounts(
        monitor,
        mode,
        len(loss),
        tuple(counts.tolist()),
        everywhere(sign * course.mean),
        everywhere(course.stderr),
        everywhere(gain),
        everywhere(gain_stderr),
        tuple(map(float, counts if price_epochs is None else np.asarray(price_epochs))),
        int(course.counts[best]),
        least,
        int(course.counts[best + beyond[0] - 1 if len(beyond) else last]),
        float(course.noise[recommended]),
        _turn(course, best),
        last > 0 and best == last and (recommended == last or bool(gain[last] > 2 * gain_stderr[last])),
        longer.doubling(recommended),
        longer.doubling(last),
        longer.forecast(sign),
    )


def _turn(course: CountCourse, best: int) -> Turn | None:
    """The counts between which the turn lies, where the last one is worse than the best by more than chance."""
    worse, error = course.worse_than(best)
    if len(course.loss) == 1 and not (best < len(worse) - 2 and worse[-1] > worse[-2] > error[-2]):
        return None  # the noise of one seed is known too badly: it takes two counts, each worse than the one before
    others = np.delete(error, best)
    # A spread that is small by luck must not make a turn, so it is that over all counts where this is larger.
    if not len(others) or not worse[-1] > TURN_STDERRS * max(error[-1], np.sqrt(np.mean(others**2))):
        return None
    apart = worse > error
    apart[best] = False
    before, after = np.flatnonzero(apart[:best]), np.flatnonzero(apart[best:])
    low, high = before[-1] if len(before) else 0, best + after[0]
    return Turn(*(int(course.counts[place]) for place in (best, low, high)))


def _each(counts: NDArray[np.int64], spent: ArrayLike | None) -> float | None:
    """What an epoch costs, as most counts have it; None where nothing is known."""
    each = (np.full(len(counts), np.nan) if spent is None else np.asarray(spent, dtype=np.float64)) / counts
    return float(np.median(each[np.isfinite(each)])) if np.isfinite(each).any() else None


def enough(found: ScoreOverCounts, min_gain_per_epoch: float = 0.0) -> str | None:
    """Say why a ladder that doubles its count ends here; None: climb on.

    One doubling may gain little by chance, so it takes two that gain no more than their noise, or a score that turns.
    benchmarks/count_forecast.py measures where that ends on real sets.

    Args:
        found: of the counts so far.
        min_gain_per_epoch: what an epoch must bring to be worth it, in the monitor's unit; 0: whatever it costs.
    """
    gain, noise = np.array(found.gain[-2:]), np.array(found.gain_stderr[-2:])
    if len(found.counts) < 3 or not np.isfinite(gain).all():
        return None
    if found.turn is not None:
        return f"the score turns after {found.turn.count} epochs"
    epochs = found.counts[-1] - found.counts[-2]
    if min_gain_per_epoch > 0 and gain[1] < min_gain_per_epoch * epochs:
        return (
            f"{epochs} epochs more gained {gain[1]:.2g}, min_gain_per_epoch={min_gain_per_epoch:g} asks for "
            f"{min_gain_per_epoch * epochs:.2g}"
        )
    if (gain <= noise).all():
        return f"the last two doublings gained {gain[0]:.2g} and {gain[1]:.2g}, no more than their noise"
    return None
