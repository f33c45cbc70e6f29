"""Courses that a falling loss may take from where it ends."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.curve import Floats

#: Points before this share of the epochs count for less: what a run does first says little of how it ends. How much
#: less nobody knows, so each has its part of the draws; where they disagree the band is wide.
HALF_WEIGHTS_AT = (0.35, 0.6, 0.8)


def extrapolate(
    epochs: NDArray[Any],
    loss: Floats,
    ahead: NDArray[Any],
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
