"""A curve without its noise, and its trend."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trend:
    """A straight line through the end of a curve: change an epoch, its standard error, and epochs it was drawn over."""

    slope: float
    stderr: float
    window_epochs: int

    @property
    def z(self) -> float:
        """The slope in standard errors."""
        return self.slope / self.stderr if self.stderr > 0 else float(np.sign(self.slope) * np.inf if self.slope else 0)


def trend(epochs: NDArray[np.int64], loss: Floats, noise: float, inflation: float = 1.0, last: float = 1 / 3) -> Trend:
    """Fit a line by least squares to the last part of a curve.

    Args:
        epochs: (n,) ascending.
        loss: (n,) finite.
        noise: standard deviation of a score about its course, of the whole curve: that of few points is unsure.
        inflation: of the standard error by autocorrelation (``Smooth.inflation``), at least 1.
        last: fraction of the points, in (0, 1]; at least five are taken.

    Source:
        Cochrane & Orcutt 1949, https://doi.org/10.1080/01621459.1949.10483290, on errors that are correlated.
    """
    count = min(len(loss), max(5, round(len(loss) * last)))
    if count < 2:
        return Trend(0.0, float("inf"), count)
    x = epochs[-count:] - epochs[-count:].mean()
    slope = float(x @ loss[-count:] / (x @ x))
    return Trend(slope, noise * inflation / float(np.sqrt(x @ x)), int(epochs[-1] - epochs[-count] + 1))


@dataclass(frozen=True, eq=False)
class Smooth:
    """A curve taken apart.

    Args:
        fitted: (n,) the smooth course at the given epochs.
        noise: one noise width: the standard deviation of a single score about its course.
        autocorrelation: of the noise from one measurement to the next, in [0, 0.9].
        end_stderr: standard error of the course at its last point.
        best: index of the lowest point of the course, -1 of none. Where the mean of the five points around is more than
            half a noise width above the course, that counts: a stiff spline swings below a curve that ends its descent
            at once.
        best_loss: the value there.
    """

    fitted: Floats
    noise: float
    autocorrelation: float
    end_stderr: float
    best: int
    best_loss: float

    @property
    def inflation(self) -> float:
        """By how much autocorrelation widens the standard error of a mean or a slope, at least 1."""
        return float(np.sqrt((1 + self.autocorrelation) / (1 - self.autocorrelation)))


def smooth(epochs: NDArray[np.int64], loss: Floats) -> Smooth:
    """Draw a natural cubic spline of few knots through a curve, with little heed to outliers.

    The knots stand evenly on a logarithmic scale of epochs, since a run changes fast at first; they are so few (at most
    six degrees of freedom) that noise which lasts some epochs stays in the residuals. Those of the later two thirds
    make the noise, corrected for the degrees of freedom, and clipped at three times their median deviation.

    Args:
        epochs: (n,) ascending, from 0.
        loss: (n,) finite.

    Returns:
        With fewer than five points: the points themselves, noise of their differences.

    Source:
        natural splines: Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, section 5.2.1;
        the weights: Huber 1981, Robust Statistics, chapter 7; autocorrelation: Bartlett 1935, 10.2307/2342284.
    """
    n = len(loss)
    if n < 5:
        noise = float(np.std(np.diff(loss)) / np.sqrt(2)) if n > 2 else 0.0
        return Smooth(loss, noise, 0.0, noise, int(np.argmin(loss)) if n else -1, float(loss.min()) if n else np.nan)
    span = epochs[-1] + 1
    basis = _natural_spline(np.log(epochs + 1 + 0.01 * span), knots=min(6, 2 + n // 4))
    weights = np.ones(n)
    for _ in range(8):
        root = np.sqrt(weights)[:, None]
        solver = np.linalg.pinv(root * basis) * root.T  # (knots, n): losses to the spline's coefficients
        residuals = loss - basis @ (solver @ loss)
        scale = 1.4826 * np.median(np.abs(residuals)) + 1e-12 * (1 + np.abs(loss).max())
        weights = np.minimum(1, 2 * scale / np.maximum(np.abs(residuals), 1e-300))
    late = residuals[n // 3 :]
    clipped = np.clip(late, -3 * scale, 3 * scale)
    variance = float(np.mean(clipped**2)) * n / (n - basis.shape[1])
    # The spline takes some of the correlation with it: what is left is biased downwards by about 1/n a degree.
    lag = float(np.sum(clipped[1:] * clipped[:-1]) / max(np.sum(clipped**2), 1e-300)) + basis.shape[1] / n / 2
    correlation = float(np.clip(lag, 0, 0.9))
    fitted, noise = loss - residuals, float(np.sqrt(variance))
    spread = np.sqrt((1 + correlation) / (1 - correlation)) * np.linalg.norm(basis[-1] @ solver)
    lifted = np.maximum(fitted, _mean_of_five(loss) - 0.5 * noise)
    best = int(np.argmin(lifted))
    return Smooth(fitted, noise, correlation, noise * float(spread), best, float(lifted[best]))


def _mean_of_five(loss: Floats) -> Floats:
    """(n,) means of each point and its neighbours, two on each side where there are so many."""
    ones = np.ones(5)
    return np.convolve(loss, ones, "same") / np.convolve(np.ones_like(loss), ones, "same")


def _natural_spline(x: Floats, knots: int) -> Floats:
    """(n, knots) values at x of a basis of the cubic splines that are straight beyond the outer knots."""
    x = (x - x[0]) / (x[-1] - x[0])
    at = np.linspace(0, 1, knots)

    def bend(k: int) -> Floats:
        cube: Floats = np.maximum(x - at[k], 0) ** 3 - np.maximum(x - at[-1], 0) ** 3
        return cube / (at[-1] - at[k])

    return np.stack([np.ones_like(x), x, *(bend(k) - bend(knots - 2) for k in range(knots - 2))], axis=1)
