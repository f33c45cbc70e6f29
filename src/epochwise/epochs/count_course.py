"""Losses over counts of epochs, and what is known of their noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.count_forecast import left_over
from epochwise.epochs.curve import Floats

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
