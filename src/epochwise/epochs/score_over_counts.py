"""How many epochs to train, from runs of several counts, each with a schedule of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.count_forecast import CountForecast, draw_courses
from epochwise.epochs.curve import Floats
from epochwise.input_error import InputError

#: A score that got worse after the best count has turned where that is beyond this many standard errors.
TURN_STDERRS = 2.5
DRAWS = 4000


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
        count: of epochs, twice the recommended ones.
        is_measured: whether it lies within the counts that were run; else it is a forecast.
        gain: by how much the mean score is better there, in the monitor's unit; with ``low`` and ``high`` its band of
            80 %, None where there is too little to go by.
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
class ScoreOverCounts:
    """The score at the end of a run as a function of its count of epochs; (C,) each, NaN where nothing is known.

    Args:
        monitor: the score.
        mode: ``min`` where smaller is better, else ``max``.
        num_seeds: S, those that have any score.
        counts: of epochs.
        mean: over seeds. Where a seed lacks a count, what it has at the others says what it would have been.
        stderr: its standard error, of the spread over seeds at this count and its neighbours.
        gain: over the count before, mean over the seeds that have both; positive is better.
        gain_stderr: its standard error.
        price_epochs: that were trained for this count alone, a seed.
        best: the count with the best mean.
        recommended: the least count whose mean is within one standard error of the best.
        high: the largest such count, of those without an interruption.
        noise: the standard deviation of the score of one run of the recommended count; NaN where it is unknown.
        turn: None where the score does not turn.
        ended_too_early: whether the recommended count is the last of several: more would be better still.
        next: twice the recommended count.
        forecast: of counts after the last; None of a single count, of unknown noise, or where the score turned.
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

    The spread over two or three seeds is known badly, so that of a count is pooled with those of its two neighbours;
    short runs spread more than long ones, so it is not pooled over all. With one seed it is what a smooth course over
    the counts leaves, which takes four counts; with fewer it is unknown, and the best count is recommended.

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
    rng = np.random.default_rng(seed)
    found = _Course.of(counts[there], loss[:, there])
    best = int(np.argmin(found.mean))
    near = found.mean <= found.mean[best] + np.nan_to_num(found.stderr[best])
    recommended = int(np.argmax(near))
    beyond = np.flatnonzero(~near[best:])
    high = best + int(beyond[0]) - 1 if len(beyond) else len(near) - 1
    turn = _turn(found, best)
    forecast, course = None, None
    longer = _longer(int(found.counts[-1]))
    if turn is None and len(found.counts) > 1 and np.isfinite(found.stderr).all():
        course = draw_courses(found.counts, found.mean, found.stderr, longer, found.degrees, rng)
        forecast = _forecast(longer, course, found, sign, loss, rng)
    least = int(found.counts[recommended])
    more_steps, more_seconds = (_cost(counts, spent, least) for spent in (steps, seconds))
    is_measured, *gain = _doubling(found, recommended, longer, course, rng)
    price = counts if price_epochs is None else np.asarray(price_epochs)

    def everywhere(values: Floats) -> tuple[float, ...]:
        whole = np.full(len(counts), np.nan)
        whole[there] = values
        return tuple(whole.tolist())

    return ScoreOverCounts(
        monitor,
        mode,
        int(np.isfinite(loss).any(axis=1).sum()),
        tuple(counts.tolist()),
        everywhere(sign * found.mean),
        everywhere(found.stderr),
        everywhere(found.gain),
        everywhere(found.gain_stderr),
        tuple(map(float, price)),
        int(found.counts[best]),
        least,
        int(found.counts[high]),
        float(found.noise[recommended]),
        turn,
        bool(len(near) > 1 and recommended == len(near) - 1),
        Doubling(2 * least, is_measured, *gain, least, more_steps and round(more_steps), more_seconds),
        forecast,
    )


@dataclass(frozen=True, eq=False)
class _Course:
    """(C,) losses over the counts that were scored, and what is known of their noise."""

    counts: NDArray[np.int64]
    mean: Floats
    stderr: Floats
    gain: Floats  # over the count before
    gain_stderr: Floats
    noise: Floats  # standard deviation of one run
    degrees: float  # of freedom of a standard error

    @classmethod
    def of(cls, counts: NDArray[np.int64], loss: Floats) -> "_Course":
        mean, num = _means(loss), np.isfinite(loss).sum(axis=0)
        steps = np.diff(loss, axis=1) * -1.0
        both = np.isfinite(steps).sum(axis=0)
        gain = np.where(both > 0, np.nansum(steps, axis=0) / np.maximum(both, 1), -np.diff(mean))
        if num.max() > 1:
            noise, degrees = _pooled(loss - mean, num)
            gain_noise, _ = _pooled(steps - gain, both)
        else:
            noise, degrees = _noise_of_one(counts, mean)
            gain_noise = np.hypot(noise[1:], noise[:-1])
        first = np.array([np.nan])
        return cls(
            counts,
            mean,
            noise / np.sqrt(num),
            np.concatenate([first, gain]),
            np.concatenate([first, gain_noise / np.sqrt(np.maximum(both, 1))]),
            noise,
            degrees,
        )


def _means(loss: Floats) -> Floats:
    """(C,) means over seeds; a seed that lacks a count is put in by what tells it from the others elsewhere."""
    seeds, places = np.nonzero(np.isfinite(loss))
    design = np.zeros((len(seeds), sum(loss.shape)))
    design[np.arange(len(seeds)), places] = 1
    design[np.arange(len(seeds)), loss.shape[1] + seeds] = 1
    effects = np.linalg.lstsq(design, loss[seeds, places], rcond=None)[0]
    out: Floats = effects[: loss.shape[1]] + effects[loss.shape[1] :][np.unique(seeds)].mean()
    return out


def _pooled(deviations: Floats, num: NDArray[np.int64]) -> tuple[Floats, float]:
    """(C,) standard deviations over seeds, each of a column and its neighbours, and the fewest degrees of freedom."""
    window = np.ones(3)
    squares = np.convolve(np.nansum(deviations**2, axis=0), window, "same")[: len(num)]
    degrees = np.convolve(np.maximum(num - 1, 0), window, "same")[: len(num)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(squares / degrees), float(degrees.min())


def _noise_of_one(counts: NDArray[np.int64], loss: Floats) -> tuple[Floats, float]:
    """(C,) one standard deviation of single runs about a parabola over log count, and its degrees of freedom."""
    if len(loss) < 4:
        return np.full(len(loss), np.nan), 1.0
    basis = np.vander(np.log(counts), 3)
    residuals = loss - basis @ np.linalg.lstsq(basis, loss, rcond=None)[0]
    degrees = len(loss) - 3
    return np.full(len(loss), np.sqrt(np.sum(residuals**2) / degrees)), float(degrees)


def _turn(found: _Course, best: int) -> Turn | None:
    """Where the last count is worse than the best by more than chance, the counts between which the turn lies."""
    error = np.hypot(found.stderr, found.stderr[best])
    worse = found.mean - found.mean[best]
    if not worse[-1] > TURN_STDERRS * error[-1]:
        return None
    apart = worse > error
    before, after = np.flatnonzero(apart[:best]), np.flatnonzero(apart[best:])
    low, high = before[-1] if len(before) else 0, best + after[0]
    return Turn(*(int(found.counts[place]) for place in (best, low, high)))


def _longer(last: int) -> NDArray[np.int64]:
    """Counts up to four times the last one, twice it among them."""
    return np.unique(np.round(last * 2 ** np.linspace(0.25, 2, 8)).astype(np.int64))


def _forecast(
    longer: NDArray[np.int64], course: Floats, found: _Course, sign: int, loss: Floats, rng: np.random.Generator
) -> CountForecast:
    measured = course + found.noise[-1] * rng.standard_t(max(found.degrees, 1), size=course.shape)
    low, score, high = np.sort(sign * np.quantile(measured, [0.1, 0.5, 0.9], axis=0), axis=0)
    return CountForecast(tuple(longer.tolist()), *(tuple(each.tolist()) for each in (score, low, high)))


def _cost(counts: NDArray[np.int64], spent: ArrayLike | None, epochs: int) -> float | None:
    """What so many epochs more cost at the usual price of one; None where nothing is known."""
    each = (np.full(len(counts), np.nan) if spent is None else np.asarray(spent, dtype=np.float64)) / counts
    return float(np.median(each[np.isfinite(each)])) * epochs if np.isfinite(each).any() else None


def _doubling(
    found: _Course, recommended: int, longer: NDArray[np.int64], course: Floats | None, rng: np.random.Generator
) -> tuple[bool, float | None, float | None, float | None]:
    """Whether twice the recommended count was measured, its gain and the band.

    Between two counts that were measured it lies on a line over log count.
    """
    twice = 2 * int(found.counts[recommended])
    if twice <= found.counts[-1]:
        mean, error = (float(np.interp(np.log(twice), np.log(found.counts), v)) for v in (found.mean, found.stderr))
        gain = float(found.mean[recommended]) - mean
        draws = gain + np.hypot(error, found.stderr[recommended]) * rng.standard_t(found.degrees, size=DRAWS)
        low, high = np.quantile(draws, [0.1, 0.9])
        return (True, gain, float(low), float(high)) if np.isfinite(low) else (True, gain, None, None)
    if course is None:
        return False, None, None, None
    place = int(np.argmin(np.abs(np.log(longer / twice))))
    low, gain, high = np.quantile(found.mean[recommended] - course[:, place], [0.1, 0.5, 0.9])
    return False, float(gain), float(low), float(high)


def enough(found: ScoreOverCounts, min_gain_per_epoch: float = 0.0) -> str | None:
    """Say why a ladder that doubles its count ends here; None: climb on.

    One gain may be small by chance, so it ends only where the next doubling, too, is expected to gain less than its
    noise. Two counts are too few to tell a score that has levelled off from one that has not begun to move.

    Args:
        found: of the counts so far.
        min_gain_per_epoch: what an epoch must bring to be worth it, in the monitor's unit.
    """
    if len(found.counts) < 3 or not np.isfinite(found.gain[-1]):
        return None
    if found.turn is not None:
        return f"the score turns after {found.turn.count} epochs"
    gain, noise = found.gain[-1], found.gain_stderr[-1]
    epochs = found.counts[-1] - found.counts[-2]
    if gain < min_gain_per_epoch * epochs:
        return f"{epochs} more epochs gained {gain:.3g}, less than min_gain_per_epoch={min_gain_per_epoch:g} asks for"
    if gain < noise and not found.ended_too_early:
        return f"the last doubling gained {gain:.3g}, less than its noise of {noise:.3g}"
    return None
