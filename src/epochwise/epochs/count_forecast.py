"""What counts of epochs beyond the last one measured would score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.curve import Floats

DRAWS = 2000


@dataclass(frozen=True)
class CountForecast:
    """The score of runs of longer counts, each with a schedule of its own.

    Args:
        counts: (m,) of epochs.
        score: median of each, in the monitor's unit.
        low: a tenth of the runs is expected to score below.
        high: a tenth above: with ``low`` a band of 80 % for the score of one run.
    """

    counts: tuple[int, ...]
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def draw_courses(
    counts: NDArray[np.int64],
    mean: Floats,
    stderr: Floats,
    ahead: NDArray[np.int64],
    degrees: float,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Floats:
    """Draw mean losses over counts by their posterior probability.

    Models, in x, the count over the last one: ``c + a x^-b``, ``c + a exp(-x / tau)`` and ``c - a log x``, with
    ``a >= 0``, on grids of b and tau; ``a = 0`` is a level. Each shape is scaled to fall by 1 over the counts measured,
    so that one prior of a holds for all. For a shape, c and a are linear: weighted least squares gives them, their
    standard errors and the weight of the shape.

    Args:
        counts: (C,) ascending, at least 2.
        mean: (C,) losses, finite.
        stderr: (C,) their standard errors, above 0.
        ahead: (m,) counts to extend to.
        degrees: of freedom that the standard errors rest on: with few, a draw may be far off.
        rng: draws them.
        draws: D.

    Returns:
        (D, m) losses without the noise of a run.

    Source:
        the power law with an offset: Hestness et al. 2017, https://arxiv.org/abs/1712.00409; the other families and the
        average over them: Domhan, Springenberg & Hutter 2015, IJCAI, section 3.1; Viering & Loog 2023,
        https://arxiv.org/abs/2103.10948, section 4, for how often each fits.
    """
    shapes, priors = _shapes(np.concatenate([counts, ahead]) / counts[-1], len(counts))
    seen, to_come = shapes[:, : len(counts)], shapes[:, len(counts) :]
    weight = stderr**-2.0
    mean_shape, mean_loss = seen @ weight / weight.sum(), float(mean @ weight / weight.sum())
    centred = seen - mean_shape[:, None]
    power = centred**2 @ weight
    height = (centred * (mean - mean_loss)) @ weight / power
    rest = ((mean - mean_loss - np.maximum(height, 0)[:, None] * centred) ** 2) @ weight
    # No model is exact: where even the best leaves more than the noise, its misfit is what an error counts by.
    scale = float(np.sqrt(max(rest.min() / max(len(counts) - 3, 1), 1.0)))
    logs = -0.5 * rest / scale**2 - 0.5 * np.log(power) + np.log(priors)
    chances = np.exp(logs - logs.max())
    drawn = rng.choice(len(chances), size=draws, p=chances / chances.sum())
    wide = scale * np.sqrt(degrees / rng.chisquare(degrees, size=(2, draws)))
    heights = np.maximum(height[drawn] + wide[0] / np.sqrt(power[drawn]) * rng.normal(size=draws), 0)
    level = mean_loss + wide[1] / np.sqrt(weight.sum()) * rng.normal(size=draws)
    out: Floats = level[:, None] + heights[:, None] * (to_come[drawn] - mean_shape[drawn, None])
    return out


def _shapes(x: Floats, num_seen: int) -> tuple[Floats, Floats]:
    """(G, len(x)) curves that fall by 1 over the first ``num_seen`` places, and their prior weights."""
    powers = x ** -np.geomspace(0.1, 3, 20)[:, None]
    exponentials = np.exp(-x / np.geomspace(0.05, 3, 20)[:, None])
    logarithm = -np.log(x)[None]
    shapes = np.concatenate([powers, exponentials, logarithm])
    priors = np.concatenate([np.full(len(powers), 0.5 / len(powers)), np.full(len(powers), 0.4 / len(powers)), [0.1]])
    first, last = shapes[:, :1], shapes[:, num_seen - 1 : num_seen]
    return (shapes - last) / (first - last), priors
