"""Where a curve is heading at its end."""

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
