"""Whether a curve has levelled off, asked while it is being made."""

from dataclasses import dataclass, replace

import numpy as np

from epochwise.epochs.curve import Curve
from epochwise.epochs.smooth import smooth
from epochwise.epochs.trend import trend

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
    epochs, loss = curve.epochs[:count], curve.loss[:count]
    if count < LEAST_EPOCHS:
        return Levelling(False, False, float("nan"), count, float("nan"))
    course = smooth(epochs, loss)
    end = trend(epochs, loss, course.noise, course.inflation)
    gain = -end.slope * end.window_epochs
    is_plain = count >= FIRM_EPOCHS or 2 * int(np.argmin(loss)) < count
    levelled_off = gain < NOISE_WIDTHS * course.noise and is_plain
    turned = levelled_off and course.fitted[-1] - course.best_loss > NOISE_WIDTHS * course.noise
    return Levelling(levelled_off, bool(turned), gain, end.window_epochs, course.noise)
