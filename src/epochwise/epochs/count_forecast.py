"""The course of a score over counts of epochs, and its forecast."""

from dataclasses import dataclass

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


#: With one seed, this share of the range of the last counts counts as two more measurements of the noise: one alone is
#: often near 0 by luck. Chosen on small real sets.
RANGE_SHARE, RANGE_DEGREES = 0.06, 2.0
LAST_COUNTS = 4


@dataclass(frozen=True, eq=False)
class CountCourse:
    """What S seeds scored at C counts, as losses.

    Args:
        counts: (C,) ascending, each with a loss of at least one seed.
        loss: (S, C) NaN where a seed has none.
        mean: (C,) over seeds. A seed that lacks a count is put in by what tells it from the others elsewhere.
        noise: (C,) standard deviation of one run, over seeds; NaN where it is unknown.
        stderr: (C,) of the means.
        degrees: of freedom that the noise rests on, the fewest of all counts.
    """

    counts: NDArray[np.int64]
    loss: Floats
    mean: Floats
    noise: Floats
    stderr: Floats
    degrees: float

    @classmethod
    def of(cls, counts: NDArray[np.int64], loss: Floats) -> "CountCourse":
        """Take in losses (S, C), at least one of each count.

        The spread over two or three seeds is known badly, so that of a count is pooled with those of its two
        neighbours; short runs spread more than long ones, so not with all. With one seed the noise is what a smooth
        course over the last four counts leaves; it is unknown with fewer.
        """
        mean, num = _means(loss), np.isfinite(loss).sum(axis=0)
        if num.max() > 1:
            noise, degrees = _pooled(loss - mean, num)
        elif len(counts) >= LAST_COUNTS:
            last = mean[-LAST_COUNTS:]
            squares = left_over(counts[-LAST_COUNTS:], last) + RANGE_DEGREES * (RANGE_SHARE * np.ptp(last)) ** 2
            degrees = LAST_COUNTS - 3 + RANGE_DEGREES
            noise = np.full(len(counts), np.sqrt(squares / degrees))
        else:
            noise, degrees = np.full(len(counts), np.nan), 1.0
        return cls(counts, loss, mean, noise, noise / np.sqrt(num), degrees)

    def gains(self) -> tuple[Floats, Floats]:
        """(C,) by how much each count is better than the one before, and the standard error; NaN for the first.

        Paired by seed, whose runs share their trunk: what tells seeds from one another at both counts cancels.
        """
        first = np.array([np.nan])
        if len(self.counts) < 2:
            return first, first
        gain, error = self._paired(self.loss[:, :-1] - self.loss[:, 1:], -np.diff(self.mean))
        alone = np.hypot(self.stderr[1:], self.stderr[:-1])
        return np.concatenate([first, gain]), np.concatenate([first, np.where(np.isfinite(error), error, alone)])

    def worse_than(self, place: int) -> tuple[Floats, Floats]:
        """(C,) by how much each count is worse than that at a place, and the standard error, paired by seed."""
        worse, error = self._paired(self.loss - self.loss[:, [place]], self.mean - self.mean[place])
        alone = np.hypot(self.stderr, self.stderr[place])
        return worse, np.where(np.isfinite(error), error, alone)

    def _paired(self, differences: Floats, unpaired: Floats) -> tuple[Floats, Floats]:
        both = np.isfinite(differences).sum(axis=0)
        mean = np.where(both > 0, np.nansum(differences, axis=0) / np.maximum(both, 1), unpaired)
        # Of a count to itself there is nothing to learn.
        noise, _ = _pooled(differences - mean, np.where(np.nanmax(np.abs(differences), axis=0, initial=0) > 0, both, 0))
        return mean, noise / np.sqrt(np.maximum(both, 1))


def _means(loss: Floats) -> Floats:
    """(C,) means over seeds, by least squares of an effect of the count and one of the seed."""
    if np.isfinite(loss).all():
        return np.asarray(loss.mean(axis=0))  # solving for it would round equal scores apart
    seeds, places = np.nonzero(np.isfinite(loss))
    design = np.zeros((len(seeds), sum(loss.shape)))
    design[np.arange(len(seeds)), places] = 1
    design[np.arange(len(seeds)), loss.shape[1] + seeds] = 1
    effects, _, rank, _ = np.linalg.lstsq(design, loss[seeds, places], rcond=None)
    if rank < loss.shape[1] + len(np.unique(seeds)) - 1:  # seeds that share no count cannot be told from counts
        return np.asarray(np.nanmean(loss, axis=0))
    out: Floats = effects[: loss.shape[1]] + effects[loss.shape[1] :][np.unique(seeds)].mean()
    return out


def _pooled(deviations: Floats, num: NDArray[np.int64]) -> tuple[Floats, float]:
    """(C,) standard deviations, each of a column and its neighbours, and the fewest degrees of freedom, at least 1.

    Args:
        deviations: (S, C) from the means of the columns; NaN where there is none.
        num: (C,) how many a column has.
    """
    window = np.ones(3)
    squares, degrees = np.nansum(deviations**2, axis=0), np.maximum(num - 1, 0)
    near = np.convolve(degrees, window)[1:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        everywhere = squares.sum() / degrees.sum()
        variance = np.where(near > 0, np.convolve(squares, window)[1:-1] / near, everywhere)
    return np.sqrt(variance), float(max(near.min(), 1))
