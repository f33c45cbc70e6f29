"""How many epochs to train, from runs of several counts, each with a schedule of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.count_course import CountCourse
from epochwise.epochs.count_forecast import draw_courses
from epochwise.epochs.curve import Floats
from epochwise.input_error import InputError

#: The score has turned where the last count is worse than the best by more than this many standard errors: of several
#: counts that are alike, the best is the luckiest.
TURN_STDERRS = 3.0
DRAWS = 2000


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
class Doubling:
    """What twice the epochs bring, and cost.

    Args:
        count: of epochs, twice as many.
        is_measured: whether it lies within the counts that were run; else it is a forecast.
        gain: by how much the mean score is better there, in the monitor's unit; None where there is nothing to go by.
        low: a tenth of what may be lies below; None where the noise is unknown.
        high: a tenth lies above.
        epochs: more of one run.
        steps: optimizer steps more of one run; None where they are unknown.
        seconds: more of one run; None where they are unknown.
    """

    count: int
    is_measured: bool
    gain: float | None
    low: float | None
    high: float | None
    epochs: int
    steps: int | None
    seconds: float | None


@dataclass(frozen=True)
class CountForecast:
    """The score of one run of longer counts, each with a schedule of its own; (m,) each.

    Args:
        counts: of epochs, after the last one measured, up to four times it.
        score: median of each, in the monitor's unit.
        low: a tenth of the runs is expected to score below.
        high: a tenth above: with ``low`` a band of 80 %.
    """

    counts: tuple[int, ...]
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


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
    rng = np.random.default_rng(seed)
    course = CountCourse.of(counts[there], loss[:, there])
    gain, gain_stderr = course.gains()
    best = int(np.argmin(course.mean))
    near = course.mean <= course.mean[best] + np.nan_to_num(course.stderr[best])
    recommended, beyond = int(np.argmax(near)), np.flatnonzero(~near[best:])
    last = len(near) - 1
    least, most = int(course.counts[recommended]), int(course.counts[last])
    ahead = _ahead(least, most)
    drawn = _drawn(course, ahead, rng)
    costs = [_each(counts, spent) for spent in (steps, seconds)]

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
        _doubling(course, recommended, ahead, drawn, costs, rng),
        _doubling(course, last, ahead, drawn, costs, rng),
        None if drawn is None else _forecast(course, ahead, drawn, sign, rng),
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


def _ahead(recommended: int, last: int) -> NDArray[np.int64]:
    """Counts up to four times the last one; twice it and, where it is beyond, twice the recommended one among them."""
    counts = np.round(last * 2 ** np.linspace(0.25, 2, 8)).astype(np.int64)
    return np.unique(np.append(counts, max(2 * recommended, 2 * last if 2 * recommended <= last else 0)))


def _drawn(course: CountCourse, ahead: NDArray[np.int64], rng: np.random.Generator) -> Floats | None:
    """(D, m) mean losses of counts ahead."""
    if len(course.counts) < 2 or not np.isfinite(course.stderr).all():
        return None
    return draw_courses(course.counts, course.mean, course.stderr, ahead, course.degrees, DRAWS, rng)


def _forecast(
    course: CountCourse, ahead: NDArray[np.int64], drawn: Floats, sign: int, rng: np.random.Generator
) -> CountForecast:
    """Of one run: the courses and its noise, within what no score can pass."""
    scores = sign * (drawn + course.noise[-1] * rng.standard_t(course.degrees, size=drawn.shape))
    seen = course.loss[np.isfinite(course.loss)] * sign
    least = 0.0 if seen.min() >= 0 else -np.inf
    most = 1.0 if sign < 0 and least == 0 and seen.max() <= 1 else np.inf
    low, score, high = np.clip(np.quantile(scores, [0.1, 0.5, 0.9], axis=0), least, most)
    return CountForecast(tuple(ahead.tolist()), *(tuple(each.tolist()) for each in (score, low, high)))


def _each(counts: NDArray[np.int64], spent: ArrayLike | None) -> float | None:
    """What an epoch costs, as most counts have it; None where nothing is known."""
    each = (np.full(len(counts), np.nan) if spent is None else np.asarray(spent, dtype=np.float64)) / counts
    return float(np.median(each[np.isfinite(each)])) if np.isfinite(each).any() else None


def _doubling(
    course: CountCourse,
    place: int,
    ahead: NDArray[np.int64],
    drawn: Floats | None,
    costs: list[float | None],
    rng: np.random.Generator,
) -> Doubling:
    """Twice the count at a place; between two counts that were measured it lies on a line over log count."""
    count = int(course.counts[place])
    twice, is_measured = 2 * count, 2 * count <= int(course.counts[-1])
    gain = low = high = None
    if is_measured:
        worse, error = (np.interp(np.log(twice), np.log(course.counts), one) for one in course.worse_than(place))
        gain = -float(worse)
        if np.isfinite(error):
            low, high = (gain + float(error) * np.quantile(rng.standard_t(course.degrees, DRAWS), [0.1, 0.9])).tolist()
    elif drawn is not None:
        better = course.mean[place] - drawn[:, ahead.tolist().index(twice)]
        low, gain, high = np.quantile(better, [0.1, 0.5, 0.9]).tolist()
    steps, seconds = (None if each is None else each * count for each in costs)
    return Doubling(twice, is_measured, gain, low, high, count, None if steps is None else round(steps), seconds)


def enough(found: ScoreOverCounts, min_gain_per_epoch: float = 0.0) -> str | None:
    """Say why a ladder that doubles its count ends here; None: climb on.

    One doubling may gain little by chance, so it takes two that gained less than their noise, or a score that turned:
    on real sets of data a ladder that ended at the first one lost the best count in one case of six
    (benchmarks/count_forecast.py).

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
    if (gain < noise).all():
        return f"the last two doublings gained {gain[0]:.2g} and {gain[1]:.2g}, less than their noise"
    return None
