"""What more epochs would bring."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.curve import Curve, Floats
from epochwise.epochs.evidence import LEAST_GAIN, Evidence, gather_evidence
from epochwise.epochs.extrapolate import extrapolate
from epochwise.epochs.schedule_end import FALLEN
from epochwise.epochs.smooth import Smooth
from epochwise.epochs.spline import means_of_blocks

#: Fewer validated epochs carry no shape to go by.
MIN_EPOCHS = 12
DRAWS = 400
#: Of longer curves, and of longer looks ahead, so many points are enough.
MOST_SEEN, MOST_AHEAD = 1000, 500


@dataclass(frozen=True)
class Forecast:
    """The validation score of the epochs after the last one, or why there is none.

    Args:
        reason: why there is no forecast; None where there is one, and the rest is empty or None where there is none.
        epochs: their numbers, from 0, beginning with the one after the last epoch run; of more than 500 so many, evenly
            spread, and the last.
        score: median of each, in the monitor's unit.
        low: a tenth of what may be measured lies below, in the monitor's unit.
        high: a tenth lies above: with ``low`` a band of 80 %.
        gain: by how much the course is expected to be better after them than now, in the monitor's unit, at least 0
            where more is expected of them; with ``gain_low`` and ``gain_high`` its band of 80 %.
        seconds: that they take, at the median of the last ten epochs; None where the time is unknown.
    """

    reason: str | None
    epochs: tuple[int, ...] = ()
    score: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    seconds: float | None = None


def forecast(
    curve: Curve,
    more: int,
    seconds: ArrayLike | None = None,
    lr: ArrayLike | None = None,
    seed: int = 0,
    evidence: Evidence | None = None,
    label: str | None = None,
) -> Forecast:
    """Extend the validation curve.

    Exponential decays and power laws are drawn by how well they fit (``extrapolate``); the band is that of the draws,
    widened by how far off the same procedure was on the later part of the epochs seen, plus the noise of a measurement.

    Args:
        curve: the run.
        more: epochs to add, at least 1. Beyond half of those seen nobody has checked the band.
        seconds: (E,) of each epoch, NaN where unknown.
        lr: (E,) the learning rate of each epoch; a schedule that comes to its end is no ground for a forecast.
        seed: of the draws.
        evidence: what the verdict rests on; gathered from the curve alone, unless given.
        label: the verdict, where it has been judged: a forecast that says otherwise is none.

    Returns:
        No forecast for fewer than 12 validated epochs, a run that diverged or gets worse, noise above a quarter of what
        was gained, or a learning rate that has fallen to 2 % of its peak.

    Source:
        Domhan, Springenberg & Hutter 2015, Speeding up automatic hyperparameter optimization of deep neural networks by
        extrapolation of learning curves, IJCAI, sections 3.1 and 3.2; here with grids in place of Markov chains.
    """
    if reason := _no_forecast(curve, more, lr, label):
        return Forecast(reason)
    evidence = evidence or gather_evidence(curve)
    if reason := _no_course(evidence, label):
        return Forecast(reason)
    rng = np.random.default_rng(seed)
    last = curve.num_epochs + more - 1
    ahead = np.unique(np.linspace(curve.num_epochs, last, min(more, MOST_AHEAD)).astype(np.int64))
    found = curve.course
    seen = _Seen.of(curve)
    course = extrapolate(seen.epochs, seen.loss, ahead, seen.noise, found.inflation, DRAWS, rng)
    middle = np.median(course, axis=0)
    widened = middle + (course - middle) * _widening(seen, found.inflation, rng)
    widened += _drift(found, ahead - curve.epochs[-1], curve.num_epochs) * rng.normal(size=(DRAWS, 1))
    measured = widened + found.noise * rng.normal(size=widened.shape)
    measured = np.clip(measured, *_bounds(curve))
    low, score, high = np.sort(curve.sign * np.quantile(measured, [0.1, 0.5, 0.9], axis=0), axis=0)
    gain = found.fitted[-1] - np.quantile(widened[:, -1], [0.9, 0.5, 0.1])
    much = max(2 * found.noise, LEAST_GAIN * evidence.gained, 1e-9 * float(np.abs(curve.loss).max()))
    goes_on = gain[1] > much or gain[0] > max(found.noise, LEAST_GAIN * evidence.gained, LEAST_GAIN * much)
    if (label == "still_improving" and gain[1] <= 0) or (label not in (None, "still_improving") and goes_on):
        return Forecast("no forecast: the end of the curve and its course before say unlike things")
    price = np.asarray([] if seconds is None else seconds, dtype=np.float64)
    price = price[np.isfinite(price)][-10:]
    return Forecast(
        None,
        tuple(ahead.tolist()),
        tuple(score.tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
        float(gain[1]),
        float(gain[0]),
        float(gain[2]),
        float(np.median(price)) * more if len(price) else None,
    )


def _drift(found: Smooth, further: NDArray[np.int64], num_epochs: int) -> Floats:
    """(m,) standard deviation of what no model of a falling curve knows: that it turns, or goes on falling.

    It grows in a line with the epochs added: over as many as were seen, 0.15 of what the later half has changed
    and two noise widths, which covers real tails (benchmarks/forecast.py).
    """
    changed = abs(float(found.fitted[len(found.fitted) // 2] - found.fitted[-1]))
    out: Floats = further / num_epochs * (0.15 * changed + 2 * found.noise)
    return out


def _bounds(curve: Curve) -> tuple[float, float]:
    """What no score can pass: 0 for a loss that was never negative, 0 and 1 for scores to be raised within them."""
    if curve.sign > 0:
        return (0.0 if curve.loss.min() >= 0 else -np.inf), np.inf
    return (-1.0, 0.0) if curve.loss.min() >= -1 and curve.loss.max() <= 0 else (-np.inf, np.inf)


def _no_forecast(curve: Curve, more: int, lr: ArrayLike | None, label: str | None) -> str | None:
    if more < 1:
        return f"no forecast: more={more} is no epoch"
    if curve.is_training:
        return "no forecast: no epoch was validated"
    if curve.ends_unmeasured or label == "diverged":
        return "no forecast: the run has diverged"
    if len(curve.loss) < MIN_EPOCHS:
        return f"no forecast: {len(curve.loss)} validated epochs, {MIN_EPOCHS} are the least that show a shape"
    rates = np.asarray([] if lr is None else lr, dtype=np.float64)
    rates = rates[np.isfinite(rates)]
    if len(rates) and rates[-1] <= 0.02 * rates.max():
        return "no forecast: the learning rate has come to its end; a longer schedule is another curve"
    if len(rates) and rates[-1] < min(FALLEN * rates.max(), 0.9 * rates[len(rates) * 3 // 4]):
        return "no forecast: the learning rate is falling to its end; a longer schedule is another curve"
    return None


def _no_course(found: Evidence, label: str | None) -> str | None:
    has_risen = found.has_risen and label not in ("good_fit", "still_improving", "underfitting")
    if has_risen or (label == "overfitting" and found.rise > found.noise):
        return "no forecast: validation is getting worse; the best is behind"
    if found.is_hidden:
        return "no forecast: the noise of validation hides its course"
    return None


@dataclass(frozen=True, eq=False)
class _Seen:
    """A curve of at most ``MOST_SEEN`` points, the means of neighbours where there are more; noise is that of one."""

    epochs: Floats
    loss: Floats
    noise: float

    @classmethod
    def of(cls, curve: Curve) -> "_Seen":
        calm = curve.course.calm(curve.loss)
        epochs, loss, size = means_of_blocks(curve.epochs.astype(np.float64), calm, MOST_SEEN)
        return cls(epochs, loss, curve.course.noise / float(np.sqrt(size)))


def _widening(seen: _Seen, inflation: float, rng: np.random.Generator) -> float:
    """By how much the draws must spread to have covered 80 % of the epochs seen, from their first 55 and 70 %."""
    errors: list[Floats] = []
    count, noise = len(seen.loss), seen.noise
    for share in (0.55, 0.7):
        cut = max(round(share * count), 6)
        later = slice(cut, min(count, cut + count // 2))
        course = extrapolate(seen.epochs[:cut], seen.loss[:cut], seen.epochs[later], noise, inflation, DRAWS // 4, rng)
        middle, spread = np.median(course, axis=0), course.std(axis=0)
        beyond = np.maximum(np.abs(seen.loss[later] - middle) - noise, 0)
        errors.append(beyond / np.maximum(1.28 * spread, 1e-12 + 0.1 * noise))
    return float(np.clip(np.quantile(np.concatenate(errors), 0.8), 1, 4))
