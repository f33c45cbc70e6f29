"""What longer counts of epochs than one measured bring, and cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.count_forecast import CountCourse, draw_courses
from epochwise.epochs.curve import Floats

DRAWS = 2000


@dataclass(frozen=True)
class Doubling:
    """What twice the epochs bring, and cost.

    Args:
        count: of epochs, twice as many.
        is_measured: whether it lies within the counts that were run; else it is a forecast.
        gain: by how much the mean score is better there, in the monitor's unit; None where there is nothing to go by.
        low: a tenth of what may be lies below; None where the noise is unknown.
        high: a tenth lies above.
        epochs: more of one run.
        steps: optimizer steps more of one run; None where they are unknown.
        seconds: more of one run; None where they are unknown.
    """

    count: int
    is_measured: bool
    gain: float | None
    low: float | None
    high: float | None
    epochs: int
    steps: int | None
    seconds: float | None


@dataclass(frozen=True)
class CountForecast:
    """The score of one run of longer counts, each with a schedule of its own; (m,) each.

    Args:
        counts: of epochs, after the last one measured, up to four times it.
        score: median of each, in the monitor's unit.
        low: a tenth of the runs is expected to score below.
        high: a tenth above: with ``low`` a band of 80 %.
    """

    counts: tuple[int, ...]
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class LongerCounts:
    """Courses beyond the last count, drawn once for all that is asked of them.

    Args:
        course: what was measured.
        recommended: the count that is recommended.
        steps_per_epoch: optimizer steps; None where they are unknown.
        seconds_per_epoch: likewise.
        rng: draws the courses.
    """

    def __init__(
        self,
        course: CountCourse,
        recommended: int,
        steps_per_epoch: float | None,
        seconds_per_epoch: float | None,
        rng: np.random.Generator,
    ) -> None:
        self.course, self.rng = course, rng
        self.costs = (steps_per_epoch, seconds_per_epoch)
        self.ahead = _ahead(recommended, int(course.counts[-1]))
        known = len(course.counts) > 1 and bool(np.isfinite(course.stderr).all())
        measured = (course.counts, course.mean, course.stderr)
        self.drawn: Floats | None = draw_courses(*measured, self.ahead, course.degrees, DRAWS, rng) if known else None

    def doubling(self, place: int) -> Doubling:
        """Twice the count at a place; between two counts that were measured it lies on a line over log count."""
        course, rng = self.course, self.rng
        count = int(course.counts[place])
        twice, is_measured = 2 * count, 2 * count <= int(course.counts[-1])
        gain = low = high = None
        if is_measured:
            worse, error = (np.interp(np.log(twice), np.log(course.counts), one) for one in course.worse_than(place))
            gain = -float(worse)
            if np.isfinite(error):
                quantiles = np.quantile(rng.standard_t(course.degrees, DRAWS), [0.1, 0.9])
                low, high = (gain + float(error) * quantiles).tolist()
        elif self.drawn is not None:
            better = course.mean[place] - self.drawn[:, self.ahead.tolist().index(twice)]
            low, gain, high = np.quantile(better, [0.1, 0.5, 0.9]).tolist()
        steps, seconds = (None if each is None else each * count for each in self.costs)
        return Doubling(twice, is_measured, gain, low, high, count, None if steps is None else round(steps), seconds)

    def forecast(self, sign: int) -> CountForecast | None:
        """The score of one run: the courses and its noise, within what no score can pass.

        Args:
            sign: 1 where the monitor is the loss, -1 where it is to be raised.
        """
        course = self.course
        if self.drawn is None:
            return None
        noise = course.noise[-1] * self.rng.standard_t(course.degrees, size=self.drawn.shape)
        seen = course.loss[np.isfinite(course.loss)] * sign
        least = 0.0 if seen.min() >= 0 else -np.inf
        most = 1.0 if sign < 0 and least == 0 and seen.max() <= 1 else np.inf
        low, score, high = np.clip(np.quantile(sign * (self.drawn + noise), [0.1, 0.5, 0.9], axis=0), least, most)
        return CountForecast(tuple(self.ahead.tolist()), *(tuple(each.tolist()) for each in (score, low, high)))


def _ahead(recommended: int, last: int) -> NDArray[np.int64]:
    """Counts up to four times the last one; twice it and, where it is beyond, twice the recommended one among them."""
    counts = np.round(last * 2 ** np.linspace(0.25, 2, 8)).astype(np.int64)
    return np.unique(np.append(counts, max(2 * recommended, 2 * last if 2 * recommended <= last else 0)))
