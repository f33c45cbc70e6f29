"""Courses that the score over counts may take beyond the last count."""

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.curve import Floats

#: What no family knows, a doubling: a share of the last doubling's gain over the number of gains seen, since the fewer
#: counts there are the less is known of their shape, and standard errors. They were chosen on small real sets;
#: benchmarks/count_forecast.py measures what the band then holds.
DRIFT_OF_GAIN, DRIFT_OF_STDERR = 1.25, 1.0
#: Prior weights of the families: power laws, exponentials, the logarithm, parabolas.
PRIORS = (0.36, 0.28, 0.16, 0.2)


def draw_courses(
    counts: NDArray[np.int64],
    mean: Floats,
    stderr: Floats,
    ahead: NDArray[np.int64],
    degrees: float,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw mean losses over counts by their posterior probability.

    Models, in x, the count: ``c + a x^-b``, ``c + a exp(-x / tau)`` and ``c - a log x`` with ``a >= 0`` (0 is a level),
    and ``c + a (log x - log t)^2`` with a of either sign: a score that turns after t, or one that has only begun to
    move. Each shape is scaled to a range of 1 over the counts measured, so that one prior of a holds for all. For a
    shape, c and a are linear: weighted least squares gives them, their standard errors and the weight of the shape.

    Args:
        counts: (C,) ascending, at least 2.
        mean: (C,) losses, finite.
        stderr: (C,) their standard errors.
        ahead: (m,) counts to extend to.
        degrees: of freedom that the standard errors rest on: with few, a draw may be far off.
        draws: D.
        rng: draws them.

    Returns:
        (D, m) losses without the noise of a run.

    Source:
        the power law with an offset: Hestness et al. 2017, https://arxiv.org/abs/1712.00409; the average over families:
        Domhan, Springenberg & Hutter 2015, IJCAI, section 3.1; that a score may turn: Viering & Loog 2023,
        https://arxiv.org/abs/2103.10948, section 6.
    """
    error = np.maximum(stderr, max(1e-3 * float(np.ptp(mean)), 1e-12))
    fits = _Fits(counts, mean, error**-2.0, ahead)
    # No model is exact: where even the best leaves more than the noise, its misfit is what an error counts by.
    scale = float(np.sqrt(max(fits.rest.min() / max(len(counts) - 3, 1), 1.0)))
    logs = -0.5 * fits.rest / scale**2 - 0.5 * np.log(fits.power) + np.log(fits.priors)
    chances = np.exp(logs - logs.max())
    drawn = rng.choice(len(chances), size=draws, p=chances / chances.sum())
    of_height, of_level = scale * rng.standard_t(degrees, size=(2, draws))
    height = fits.height[drawn] + of_height / np.sqrt(fits.power[drawn])
    height = np.where(fits.falls[drawn], np.maximum(height, 0), height)
    level = fits.mean_loss + of_level / np.sqrt(fits.weight.sum())
    course = level[:, None] + height[:, None] * (fits.ahead[drawn] - fits.mean_shape[drawn, None])
    gain = abs(mean[-1] - mean[-2]) / np.log2(counts[-1] / counts[-2])
    drift = DRIFT_OF_GAIN * gain / (len(counts) - 1) + DRIFT_OF_STDERR * error[-1]
    out: Floats = course + np.log2(ahead / counts[-1]) * drift * rng.normal(size=(draws, 1))
    return out


def left_over(counts: NDArray[np.int64], loss: Floats) -> float:
    """The sum of squares that the best of the families leaves of single losses, at least 3 of them."""
    return float(_Fits(counts, loss, np.ones(len(loss)), counts[-1:]).rest.min())


class _Fits:
    """Every shape fitted to losses by weighted least squares; a row a shape."""

    def __init__(self, counts: NDArray[np.int64], loss: Floats, weight: Floats, ahead: NDArray[np.int64]) -> None:
        shapes, self.priors, self.falls = _shapes(np.concatenate([counts, ahead]) / counts[-1], len(counts))
        seen, self.ahead = shapes[:, : len(counts)], shapes[:, len(counts) :]
        self.weight = weight
        # Centred at the weighted mean, c and a are independent.
        self.mean_shape, self.mean_loss = seen @ weight / weight.sum(), float(loss @ weight / weight.sum())
        centred = seen - self.mean_shape[:, None]
        self.power = centred**2 @ weight
        height = (centred * (loss - self.mean_loss)) @ weight / self.power
        self.height = np.where(self.falls, np.maximum(height, 0), height)
        self.rest = ((loss - self.mean_loss - self.height[:, None] * centred) ** 2) @ weight


def _shapes(x: Floats, num_seen: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """(G, len(x)) curves of range 1 over the first places, their prior weights, and which of them may only fall."""
    logs = np.log(x)
    turns = logs[0] + (logs[num_seen - 1] - logs[0]) * np.linspace(-1, 1, 16)
    families = [x ** -np.geomspace(0.1, 3, 20)[:, None], np.exp(-x / np.geomspace(0.05, 3, 20)[:, None]), -logs[None]]
    if num_seen > 2:  # two places fix no parabola
        families.append((logs - turns[:, None]) ** 2)
    shapes = np.concatenate(families)
    priors = np.concatenate([np.full(len(one), share / len(one)) for one, share in zip(families, PRIORS, strict=False)])
    falls = np.arange(len(shapes)) < sum(map(len, families[:3]))
    return shapes / np.ptp(shapes[:, :num_seen], axis=1, keepdims=True), priors, falls
