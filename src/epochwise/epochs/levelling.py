"""Whether a curve has levelled off, asked while it is being made."""

from dataclasses import dataclass

from epochwise.epochs.curve import Curve
from epochwise.epochs.smooth import smooth
from epochwise.epochs.trend import trend

#: Validated epochs that an answer takes: with fewer, slope and noise cannot be told apart.
LEAST_EPOCHS = 16
#: Of a gain that counts as none, in noise widths.
NOISE_WIDTHS = 2.0


@dataclass(frozen=True)
class Levelling:
    """How much a curve still gains.

    Args:
        levelled_off: whether that is lost in its noise.
        gain: of the straight line through its last third, over these epochs, in the monitor's unit; positive where the
            score got better.
        window_epochs: how many these are.
        noise: one noise width: the standard deviation of a single score about the curve's course.
    """

    levelled_off: bool
    gain: float
    window_epochs: int
    noise: float

    def __str__(self) -> str:
        return f"gained {self.gain:.2g} over {self.window_epochs} epochs, within twice the noise of {self.noise:.2g}"


def levelling(curve: Curve) -> Levelling:
    """Ask whether a curve has levelled off.

    It has where the line through its last third (``trend``) gained less over these epochs than two noise widths, and
    did so an epoch before: what more epochs would bring then cannot be told from what chance makes of a single score.
    Bare patience asks the luckiest score so far instead, and so waits longer the noisier a curve is.

    Args:
        curve: of the epochs that were trained alike, at one learning rate.

    Returns:
        Not levelled off with fewer than 17 validated epochs.
    """
    now = _at(curve, len(curve.loss))
    if not now.levelled_off or len(curve.loss) <= LEAST_EPOCHS:
        return Levelling(False, now.gain, now.window_epochs, now.noise)
    return Levelling(_at(curve, len(curve.loss) - 1).levelled_off, now.gain, now.window_epochs, now.noise)


def _at(curve: Curve, count: int) -> Levelling:
    """Of the first ``count`` validated epochs alone."""
    epochs, loss = curve.epochs[:count], curve.loss[:count]
    if count < LEAST_EPOCHS:
        return Levelling(False, float("nan"), count, float("nan"))
    course = smooth(epochs, loss)
    end = trend(epochs, loss, course.noise, course.inflation)
    gain = -end.slope * end.window_epochs
    return Levelling(gain < NOISE_WIDTHS * course.noise, gain, end.window_epochs, course.noise)
