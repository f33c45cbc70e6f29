"""A curve without its noise, and its trend."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.spline import means_of_blocks, spline_course

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
        best: index of the lowest point of the course, -1 of none. Where the mean of the points around is more than
            half a noise width above the course, that counts: a stiff spline swings below a curve that ends its descent
            at once.
        best_loss: the value there, never below the lowest score.
    """

    fitted: Floats
    noise: float
    autocorrelation: float
    end_stderr: float
    best: int
    best_loss: float

    def calm(self, loss: Floats) -> Floats:
        """(n,) scores without what lies more than four noise widths off the course."""
        return np.clip(loss, self.fitted - 4 * self.noise, self.fitted + 4 * self.noise)

    @property
    def inflation(self) -> float:
        """By how much autocorrelation widens the standard error of a mean or a slope, at least 1."""
        return float(np.sqrt((1 + self.autocorrelation) / (1 - self.autocorrelation)))


#: A first score this many times as far from the rest as the rest reaches is one of its own, and no part of the course.
APART = 30.0
#: A score this many usual steps above both of its neighbours is an outlier.
SPIKE = 20.0
#: A spline that leaves this many times the noise of a course that falls and then rises is too stiff for the curve.
TOO_STIFF = 2.5
#: What a spline leaves below this share of the scores' range is no matter.
NO_MATTER = 0.005


def smooth(epochs: NDArray[np.int64], loss: Floats) -> Smooth:
    """Draw a natural cubic spline of few knots through a curve, with little heed to outliers.

    The knots stand evenly on a logarithmic scale of epochs, since a run changes fast at first; they are so few (at most
    six degrees of freedom) that noise which lasts some epochs stays in the residuals. Those of the later two thirds
    make the noise, corrected for the degrees of freedom, and clipped at three times their median deviation. First
    scores that lie far above all the rest are taken as they are: a spline would bend for them.

    Where that is too stiff, as for the sharp best of a fine-tuning, the course is the nearest one that falls to the
    lowest score and rises after it (isotonic regression).

    Args:
        epochs: (n,) ascending, from 0.
        loss: (n,) finite.

    Returns:
        With fewer than five points: the points themselves, noise of their second differences.

    Source:
        natural splines: Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, section 5.2.1;
        the weights: Huber 1981, Robust Statistics, chapter 7; autocorrelation: Bartlett 1935, 10.2307/2342284; isotonic
        regression: Barlow, Bartholomew, Bremner & Brunk 1972, Statistical Inference under Order Restrictions.
    """
    n = len(loss)
    if n < 5:
        bends = np.abs(np.diff(loss, 2)) / np.sqrt(6)
        noise = float(bends.min()) if len(bends) else 0.0
        return Smooth(loss, noise, 0.0, noise, int(np.argmin(loss)) if n else -1, float(loss.min()) if n else np.nan)
    apart = _apart(loss)
    rest, late = loss[apart:], slice(n // 3 - apart, None)
    if np.ptp(rest) <= 1e-12 * np.abs(rest).max():
        return Smooth(loss, 0.0, 0.0, 0.0, apart + int(np.argmin(rest)), float(rest.min()))
    spline, degrees, leverage = spline_course(epochs[apart:], rest, float(epochs[-1] + 1), _spikes(rest))
    noise, correlation = _noise(rest - spline, late, degrees)
    lifted = np.maximum(spline, _mean_around(rest) - 0.5 * noise)
    best = int(np.argmin(lifted))
    valley = _valley(epochs[apart:], rest)
    lowest = int(np.argmin(valley))
    rise = float(np.median(valley[max(lowest, len(rest) - 3) :]) - valley[lowest])  # one last score is no rise
    off = max(float(np.median(rest[max(best - 2, 0) : best + 3])), float(lifted[best])) - float(valley[lowest])
    if max(noise, off) > NO_MATTER * float(np.ptp(rest)):
        rough = max(_roughness(part) for part in np.array_split(rest, 2 if n >= 32 else 1))
        calm = max(float(np.sqrt(np.mean((rest - valley)[late] ** 2))), rough)
        stiff = noise > TOO_STIFF * calm and min(off, rise) > TOO_STIFF * calm
        stiff = stiff or (noise > TOO_STIFF**2 * calm and rise > noise)
        if stiff or _is_sharp(rest, spline, max(min(off, rise), spline.min() - rest.min()), max(noise, rough)):
            noise = calm if stiff else noise
            fitted = np.concatenate([loss[:apart], valley])
            return Smooth(fitted, noise, correlation, noise, apart + lowest, float(valley[lowest]))
    spread = np.sqrt((1 + correlation) / (1 - correlation)) * leverage
    best_loss = max(float(lifted[best]), float(loss.min()))
    fitted = np.concatenate([loss[:apart], spline])
    return Smooth(fitted, noise, correlation, noise * float(spread), apart + best, best_loss)


def _apart(loss: Floats) -> int:
    """How many first scores lie far above all the rest, of which two may be outliers; at most a quarter, and 20."""
    count = 0
    while count < min(len(loss) // 4, 20):
        rest = loss[count + 1 :]
        least, third = float(rest.min()), float(np.partition(rest, -3)[-3])
        if not loss[count] - least > APART * (third - least):
            break
        count += 1
    return count


def _noise(residuals: Floats, late: slice, degrees: int) -> tuple[float, float]:
    """One noise width and the autocorrelation of what a spline leaves."""
    scale = 1.4826 * float(np.median(np.abs(residuals))) + 1e-300
    clipped = np.clip(residuals[late], -3 * scale, 3 * scale)
    n = len(residuals)
    variance = float(np.mean(clipped**2)) * n / (n - degrees)
    # The spline takes some of the correlation with it: what is left is biased downwards by about 1/n a degree.
    lag = float(np.sum(clipped[1:] * clipped[:-1]) / max(np.sum(clipped**2), 1e-300)) + degrees / n / 2
    return float(np.sqrt(variance)), float(np.clip(lag, 0, 0.9))


def _valley(epochs: NDArray[np.int64], loss: Floats) -> Floats:
    """(n,) the nearest course that falls to the lowest score, and rises after it."""
    x, y, size = means_of_blocks(epochs.astype(np.float64), loss)
    lowest = int(np.argmin(y))
    course = np.concatenate([_rising(y[: lowest + 1][::-1])[::-1], _rising(y[lowest:])[1:]])
    return np.interp(epochs, x, course) if size > 1 else course


def _rising(loss: Floats) -> Floats:
    """(n,) the nearest course that never falls: neighbours that fall are pooled, as often as it takes."""
    means: list[float] = []
    sizes: list[int] = []
    for value in loss.tolist():
        mean, size = value, 1
        while means and means[-1] > mean:
            mean, size = (mean * size + means[-1] * sizes[-1]) / (size + sizes[-1]), size + sizes[-1]
            means.pop()
            sizes.pop()
        means.append(mean)
        sizes.append(size)
    return np.repeat(means, sizes)


def _roughness(loss: Floats) -> float:
    """The noise of single scores as their third differences have it, whatever the course: too little of slow noise.

    Equal scores at the beginning (a detector that finds nothing yet scores 0) say nothing of it, and are left out.
    """
    moved = np.flatnonzero(loss != loss[0])
    loss = loss[moved[0] - 1 :] if len(moved) else loss[:0]
    return 1.4826 * float(np.median(np.abs(np.diff(loss, 3)))) / float(np.sqrt(20)) if len(loss) > 3 else 0.0


def luck(count: int) -> float:
    """How many noise widths the lowest of so many scores lies below their course, and hardly ever more."""
    return float(np.sqrt(2 * np.log(max(count, 2)))) + 1


def _is_sharp(loss: Floats, spline: Floats, off: float, noise: float) -> bool:
    """Whether the lowest score is no luck but a best that the spline rounds off: it misses the scores around too."""
    if not off > luck(len(loss)) * noise:
        return False
    lowest = int(np.argmin(loss))
    around = np.r_[max(lowest - 2, 0) : lowest, lowest + 1 : min(lowest + 3, len(loss))]
    return bool((np.abs(loss - spline)[around] > 2.5 * noise).any())


def _spikes(loss: Floats) -> NDArray[np.bool_]:
    """(n,) whether a score stands far above both of its neighbours; it is none of the course."""
    steps = np.abs(np.diff(loss))
    above = np.zeros(len(loss), dtype=np.bool_)
    above[1:-1] = loss[1:-1] - np.maximum(loss[:-2], loss[2:]) > SPIKE * np.median(steps)
    return above


def _mean_around(loss: Floats) -> Floats:
    """(n,) the lower of two means of each point: with two neighbours on each side, or with the two to come alone.

    Behind the step of a first epoch, a mean over both sides is of neither.
    """
    total = np.concatenate([[0.0], np.cumsum(loss - loss[-1])])
    at = np.arange(len(loss))
    first, last = np.maximum(at - 2, 0), np.minimum(at + 3, len(loss))
    around = (total[last] - total[first]) / (last - first)
    to_come = (total[last] - total[at]) / (last - at)
    lower: Floats = np.where(at < len(loss) - 2, np.minimum(around, to_come), around) + loss[-1]
    for end in (slice(0, 2), slice(-2, None)):  # where it rises or falls, neighbours on one side are no measure
        lower[end] = np.minimum(lower[end], loss[end])
    return lower
