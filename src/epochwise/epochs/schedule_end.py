"""Whether a score levelled off, or only its schedule ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from epochwise.epochs.curve import Curve, Floats, column_of
from epochwise.epochs.levelling import NOISE_WIDTHS, levelling
from epochwise.epochs.smooth import smooth
from epochwise.epochs.trend import trend

#: A rate below this share of its peak has fallen: until then the curve is that of the training.
FALLEN = 0.5
#: A rate above it is as good as the peak: where a schedule has such a stretch, its cool-down is told from it.
FULL = 0.9
#: Scored epochs that it takes to see a curve level off at a rate on its way down.
LEAST_EPOCHS = 16


@dataclass(frozen=True)
class ScheduleEnd:
    """How a curve went until its learning rate fell.

    A rate that falls to its end flattens any curve, however few its epochs are: what is read off there is the schedule,
    and no count. So the epochs at a high rate are looked at by themselves.

    Args:
        ended: the count is a least one: the rate fell below half of its peak before the best epoch, and until it fell
            nothing shows that the score had levelled off, or turned.
        fell: the rate fell below half of its peak, and the last scored epoch has such a one.
        rate_at_best: rate of the best epoch of the smooth course, as a fraction of the peak.
        rate_at_end: that of the last scored epoch.
        steady_epochs: scored epochs at a high rate: above half of the peak, or where most of these are above nine
            tenths of it, those alone.
        slope: of validation an epoch at the end of them, as a loss: negative while it improves. None where two scores
            or fewer tell, as all that follow.
        slope_stderr: its standard error.
        gain: what the straight line of that slope gained over the epochs that it was drawn through.
        noise: one noise width of these epochs.
    """

    ended: bool
    fell: bool
    rate_at_best: float
    rate_at_end: float
    steady_epochs: int
    slope: float | None = None
    slope_stderr: float | None = None
    gain: float | None = None
    noise: float | None = None

    def gained(self, least: float) -> bool:
        """Whether the schedule ended while the score still gained more than two noise widths, and more than that."""
        if not self.ended or self.gain is None or self.noise is None:
            return False
        return self.gain > max(NOISE_WIDTHS * self.noise, least)


def schedule_end(curve: Curve, lr: ArrayLike | None) -> ScheduleEnd | None:
    """Hold a curve against the rates that it was trained with.

    Args:
        curve: the run.
        lr: (E,) rate of each epoch, NaN where it is unknown: then that of the epoch before.

    Returns:
        None where no rate above 0 is known, or no epoch was scored.
    """
    rates = np.asarray([] if lr is None else lr, dtype=np.float64)
    if not len(curve.loss) or not np.isfinite(rates).any() or np.nanmax(rates) <= 0:
        return None
    share = _filled(rates)[curve.epochs] / np.nanmax(rates)
    best = smooth(curve.epochs, curve.loss).best
    fell = bool(share[-1] < FALLEN and (share[:-1] >= FALLEN).any())
    steady = share >= FALLEN
    if 2 * (share >= FULL).sum() > steady.sum():
        steady = share >= FULL
    numbers = float(share[best]), float(share[-1]), int(steady.sum())
    if steady.sum() < 3:
        return ScheduleEnd(fell and numbers[0] < FALLEN, fell, *numbers)
    part = replace(curve, epochs=curve.epochs[steady], loss=curve.loss[steady])
    course = smooth(part.epochs, part.loss)
    line = trend(part.epochs, part.loss, course.noise, course.inflation)
    rise = float(course.fitted[-1]) - course.best_loss
    turned = rise > max(1.5 * course.noise, 2 * course.end_stderr) and len(part.loss) >= 8
    gain = -line.slope * line.window_epochs
    full = bool((share[steady] >= FULL).all())
    # A rate that was on its way down had begun to flatten the curve: there half as much counts as a gain still.
    level = levelling(part).levelled_off if full else len(part.loss) >= LEAST_EPOCHS and gain < course.noise
    settled = numbers[0] >= FALLEN or turned or level
    return ScheduleEnd(fell and not settled, fell, *numbers, line.slope, line.stderr, gain, course.noise)


def first_rate(rows: Sequence[Mapping[str, Any]]) -> Floats | None:
    """(E,) the learning rate of a table: of several the first that is above 0 longest, since layers may be frozen."""
    names = dict.fromkeys(name for row in rows for name in row if name == "lr" or name.startswith("lr/"))
    columns = [column_of(rows, name) for name in names]
    return max(columns, key=lambda column: int((column > 0).sum()), default=None)


def _filled(rates: Floats) -> Floats:
    """Each unknown rate as the one before it; before the first known one, as that."""
    known = np.flatnonzero(np.isfinite(rates))
    at = np.maximum(np.searchsorted(known, np.arange(len(rates)), side="right") - 1, 0)
    return rates[known[at]]
