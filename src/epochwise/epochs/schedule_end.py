"""Whether a curve levelled off by itself, or since its schedule came to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from epochwise.epochs.curve import Curve, Floats, column_of
from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.smooth import trend

#: Validated epochs that an answer takes.
LEAST_EPOCHS = 6
#: With fewer, slope and noise can hardly be told apart, and the answer takes more.
FIRM_EPOCHS = 16
#: Of a gain, or a loss, that counts as none, in noise widths.
NOISE_WIDTHS = 2.0


@dataclass(frozen=True)
class Levelling:
    """How much a curve still gains.

    Args:
        levelled_off: whether that is lost in its noise.
        turned: whether it has levelled off, and its course is by now worse than its best by more than the noise.
        gain: of the straight line through its last part, over these epochs, in the monitor's unit; positive where the
            score got better.
        window_epochs: how many these are.
        noise: one noise width: the standard deviation of a single score about the curve's course.
    """

    levelled_off: bool
    turned: bool
    gain: float
    window_epochs: int
    noise: float

    def __str__(self) -> str:
        word, much = ("gained", self.gain) if self.gain >= 0 else ("lost", -self.gain)
        how = f", within twice the noise of {self.noise:.2g}" if not self.turned else f", the noise is {self.noise:.2g}"
        return f"{word} {much:.2g} over {self.window_epochs} epochs{how}"


def levelling(curve: Curve) -> Levelling:
    """Ask whether a curve has levelled off.

    It has where the line through its last third (``trend``) gained less over these epochs than two noise widths, and
    did so an epoch before: what more epochs would bring then cannot be told from what chance makes of a single score.
    Before the 16th, when a line says little, the best score must lie in the first half of them too. Bare patience asks
    the luckiest score so far alone, and so waits longer the noisier a curve is.

    Args:
        curve: of the epochs that were trained alike, at one learning rate.

    Returns:
        Not levelled off with fewer than 7 validated epochs.
    """
    now = _at(curve, len(curve.loss))
    if now.levelled_off and _at(curve, len(curve.loss) - 1).levelled_off:
        return now
    return replace(now, levelled_off=False, turned=False)


def _at(curve: Curve, count: int) -> Levelling:
    """Of the first ``count`` validated epochs alone."""
    if count != len(curve.loss):
        curve = replace(curve, epochs=curve.epochs[:count], loss=curve.loss[:count])
    epochs, loss = curve.epochs, curve.loss
    if count < LEAST_EPOCHS:
        return Levelling(False, False, float("nan"), count, float("nan"))
    course = curve.course
    end = trend(epochs, course.calm(loss), course.noise, course.inflation)
    gain = -end.slope * end.window_epochs
    is_plain = count >= FIRM_EPOCHS or 2 * int(np.argmin(loss)) < count
    levelled_off = gain <= NOISE_WIDTHS * course.noise and is_plain
    turned = levelled_off and course.fitted[-1] - course.best_loss > NOISE_WIDTHS * course.noise
    return Levelling(levelled_off, bool(turned), gain, end.window_epochs, course.noise)


#: A rate below this share of its peak has fallen: until then the curve is that of the training.
FALLEN = 0.5
#: A rate above it is as good as the peak: where a schedule has such a stretch, its cool-down is told from it.
FULL = 0.9
#: Scored epochs that it takes to see a curve level off at a rate on its way down.
LEAST_ENDED_EPOCHS = 16


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
    best = curve.course.best
    fell = bool(share[-1] < FALLEN and (share[:-1] >= FALLEN).any())
    steady = share >= FALLEN
    if 2 * (share >= FULL).sum() > steady.sum():
        steady = share >= FULL
    numbers = float(share[best]), float(share[-1]), int(steady.sum())
    if steady.sum() < 3:
        return ScheduleEnd(fell and numbers[0] < FALLEN, fell, *numbers)
    part = replace(curve, epochs=curve.epochs[steady], loss=curve.loss[steady])
    course = part.course
    line = trend(part.epochs, course.calm(part.loss), course.noise, course.inflation)
    rise = float(course.fitted[-1]) - course.best_loss
    turned = rise > max(1.5 * course.noise, 2 * course.end_stderr) and len(part.loss) >= 8
    gain = -line.slope * line.window_epochs
    full = bool((share[steady] >= FULL).all())
    # A rate that was on its way down had begun to flatten the curve: there half as much counts as a gain still.
    level = levelling(part).levelled_off if full else len(part.loss) >= LEAST_ENDED_EPOCHS and gain < course.noise
    settled = numbers[0] >= FALLEN or turned or level
    return ScheduleEnd(fell and not settled, fell, *numbers, line.slope, line.stderr, gain, course.noise)


def first_rate(rows: Sequence[Mapping[str, Any]]) -> Floats | None:
    """(E,) the learning rate of a table: of several the first that is above 0 longest, since layers may be frozen."""
    known = rows.columns if isinstance(rows, EpochTable) else dict.fromkeys(name for row in rows for name in row)
    names = [name for name in known if name == "lr" or name.startswith("lr/")]
    columns = [column_of(rows, name) for name in names]
    return max(columns, key=lambda column: int((column > 0).sum()), default=None)


def _filled(rates: Floats) -> Floats:
    """Each unknown rate as the one before it; before the first known one, as that."""
    known = np.flatnonzero(np.isfinite(rates))
    at = np.maximum(np.searchsorted(known, np.arange(len(rates)), side="right") - 1, 0)
    return rates[known[at]]
