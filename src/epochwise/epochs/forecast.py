"""What more epochs would bring."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.epochs.curve import Curve, Floats
from epochwise.epochs.evidence import gather_evidence
from epochwise.epochs.schedule_end import FALLEN
from epochwise.epochs.smooth import Smooth

#: Points before this share of the epochs count for less: what a run does first says little of how it ends. How much
#: less nobody knows, so each has its part of the draws; where they disagree the band is wide.
HALF_WEIGHTS_AT = (0.35, 0.6, 0.8)


def extrapolate(
    epochs: NDArray[np.int64],
    loss: Floats,
    ahead: NDArray[np.int64],
    noise: float,
    inflation: float,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw courses of a falling loss by their posterior probability.

    Models: ``c + a exp(-t / tau)`` and ``c + a (1 + t / s) ** -p`` with ``a >= 0``, on grids of ``tau`` and
    ``(s, p)``. For a point of a grid, c and a are linear: weighted least squares gives them, their standard errors, and
    the weight of the point. The largest ``tau`` is next to a straight line, and a level curve is ``a = 0``.

    Args:
        epochs: (n,) ascending, from 0; n at least 5.
        loss: (n,) finite.
        ahead: (m,) epochs to extend to.
        noise: standard deviation of a loss about its course.
        inflation: of standard errors by autocorrelation, at least 1.
        draws: D, how many courses.
        rng: draws them.

    Returns:
        (D, m) courses without noise, each through what is known of the end of the curve.

    Source:
        Domhan, Springenberg & Hutter 2015, IJCAI, section 3.1; Raftery et al. 1997, Bayesian model averaging,
        https://doi.org/10.1080/01621459.1997.10473615, for the weights.
    """
    span = float(epochs[-1] + 1)
    shapes, priors = _shapes(np.concatenate([epochs, ahead]).astype(np.float64), span)
    parts = np.array_split(np.arange(draws), len(HALF_WEIGHTS_AT))
    weights = [1 / (1 + np.exp(-((epochs + 1) / span - half) * 12)) for half in HALF_WEIGHTS_AT]
    drawn = [
        _draw(shapes, priors, loss, weight, noise * inflation, len(part), rng)
        for weight, part in zip(weights, parts, strict=True)
    ]
    return np.concatenate(drawn)


def _draw(
    shapes: Floats,
    priors: Floats,
    loss: Floats,
    weight: Floats,
    noise: float,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """(draws, m) courses c + a * shape, by the posterior probability of shape, c and a under one weighting."""
    seen, to_come = shapes[:, : len(loss)], shapes[:, len(loss) :]
    # Centred at the weighted mean, c and a are independent.
    total = weight.sum()
    mean_shape, mean_loss = seen @ weight / total, float(loss @ weight / total)
    centred = seen - mean_shape[:, None]
    power = np.maximum(centred**2 @ weight, 1e-12)
    height = (centred * (loss - mean_loss)) @ weight / power
    rest = ((loss - mean_loss - np.maximum(height, 0)[:, None] * centred) ** 2) @ weight
    # No model is exact: where even the best one leaves more than the noise, its misfit is what an error counts by.
    scale = max(noise, float(np.sqrt(rest.min() / total)), 1e-4 * float(np.ptp(loss)), 1e-12)
    logs = -0.5 * rest / scale**2 + np.log(priors)
    chances = np.exp(logs - logs.max())
    drawn = rng.choice(len(chances), size=draws, p=chances / chances.sum())
    heights = np.maximum(height[drawn] + scale / np.sqrt(power[drawn]) * rng.normal(size=draws), 0)
    level = mean_loss + scale / np.sqrt(total) * rng.normal(size=draws)
    out: Floats = level[:, None] + heights[:, None] * (to_come[drawn] - mean_shape[drawn, None])
    return out


def _shapes(t: Floats, span: float) -> tuple[Floats, Floats]:
    """(G, len(t)) falling curves, and their prior weights, which give each family half."""
    taus = span * np.geomspace(0.03, 5, 24)
    exponential = np.exp(-t / taus[:, None])
    offsets, powers = np.meshgrid(span * np.geomspace(0.005, 1, 6), [0.25, 0.5, 0.75, 1, 1.5, 2, 3])
    power = (1 + t / offsets.reshape(-1, 1)) ** -powers.reshape(-1, 1)
    priors = np.concatenate([np.full(len(g), 0.5 / len(g)) for g in (exponential, power)])
    return np.concatenate([exponential, power]), priors


#: Fewer validated epochs carry no shape to go by.
MIN_EPOCHS = 12
DRAWS = 400


@dataclass(frozen=True)
class Forecast:
    """The validation score of the epochs after the last one, or why there is none.

    Args:
        reason: why there is no forecast; None where there is one, and the rest is empty or None where there is none.
        epochs: their numbers, from 0, one after the last epoch run.
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
    curve: Curve, more: int, seconds: ArrayLike | None = None, lr: ArrayLike | None = None, seed: int = 0
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

    Returns:
        No forecast for fewer than 12 validated epochs, a run that diverged or gets worse, noise above a quarter of what
        was gained, or a learning rate that has fallen to 2 % of its peak.

    Source:
        Domhan, Springenberg & Hutter 2015, Speeding up automatic hyperparameter optimization of deep neural networks by
        extrapolation of learning curves, IJCAI, sections 3.1 and 3.2; here with grids in place of Markov chains.
    """
    if reason := _no_forecast(curve, more, lr):
        return Forecast(reason)
    rng = np.random.default_rng(seed)
    ahead = np.arange(curve.num_epochs, curve.num_epochs + more)
    found = curve.course
    course = extrapolate(curve.epochs, curve.loss, ahead, found.noise, found.inflation, DRAWS, rng)
    middle = np.median(course, axis=0)
    widened = middle + (course - middle) * _widening(curve, found.noise, found.inflation, rng)
    widened += _drift(found, ahead - curve.epochs[-1], curve.num_epochs) * rng.normal(size=(DRAWS, 1))
    measured = widened + found.noise * rng.normal(size=widened.shape)
    measured = np.clip(measured, *_bounds(curve))
    low, score, high = np.sort(curve.sign * np.quantile(measured, [0.1, 0.5, 0.9], axis=0), axis=0)
    gain = found.fitted[-1] - np.quantile(widened[:, -1], [0.9, 0.5, 0.1])
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


def _no_forecast(curve: Curve, more: int, lr: ArrayLike | None) -> str | None:
    if more < 1:
        return f"no forecast: more={more} is no epoch"
    if curve.is_training:
        return "no forecast: no epoch was validated"
    if curve.ends_unmeasured:
        return "no forecast: the run has diverged"
    if len(curve.loss) < MIN_EPOCHS:
        return f"no forecast: {len(curve.loss)} validated epochs, {MIN_EPOCHS} are the least that show a shape"
    rates = np.asarray([] if lr is None else lr, dtype=np.float64)
    rates = rates[np.isfinite(rates)]
    if len(rates) and rates[-1] <= 0.02 * rates.max():
        return "no forecast: the learning rate has come to its end; a longer schedule is another curve"
    if len(rates) and rates[-1] < min(FALLEN * rates.max(), 0.9 * rates[len(rates) * 3 // 4]):
        return "no forecast: the learning rate is falling to its end; a longer schedule is another curve"
    found = gather_evidence(curve)
    if found.rise > max(1.5 * found.noise, 2 * found.rise_stderr):
        return "no forecast: validation is getting worse; the best is behind"
    if found.noise > 0.25 * (found.initial - found.best):
        return "no forecast: the noise of validation hides its course"
    return None


def _widening(curve: Curve, noise: float, inflation: float, rng: np.random.Generator) -> float:
    """By how much the draws must spread to have covered 80 % of the epochs seen, from their first 55 and 70 %."""
    errors: list[Floats] = []
    count = len(curve.loss)
    for share in (0.55, 0.7):
        cut = max(round(share * count), 6)
        later = slice(cut, min(count, cut + count // 2))
        course = extrapolate(
            curve.epochs[:cut], curve.loss[:cut], curve.epochs[later], noise, inflation, DRAWS // 4, rng
        )
        middle, spread = np.median(course, axis=0), course.std(axis=0)
        beyond = np.maximum(np.abs(curve.loss[later] - middle) - noise, 0)
        errors.append(beyond / np.maximum(1.28 * spread, 1e-12 + 0.1 * noise))
    return float(np.clip(np.quantile(np.concatenate(errors), 0.8), 1, 4))
