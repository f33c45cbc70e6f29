"""Whether a run's scores ran away."""

from math import sqrt

import numpy as np

from epochwise.epochs.curve import Curve, Floats


def has_diverged(curve: Curve, initial: float) -> bool:
    """Ask a curve that ends in numbers.

    Args:
        curve: with at least one validation score, or of training alone.
        initial: the score before training, as a loss.

    Returns:
        Whether training and validation both lost more than half of what they had gained. Where training is unknown,
        whether validation fell behind where it began, at once, after it had got better for two epochs: one that rises
        from its first epoch on may as well overfit.
    """
    val_lost, val_jump = lost_share(curve.loss, initial)
    if curve.is_training or len(curve.train) < 2:
        return val_lost > 1 and val_jump > 0.5 and int(np.argmin(curve.loss)) >= 2
    return val_lost > 0.5 and lost_share(curve.train, max(initial, float(curve.train[0])))[0] > 0.5


def lost_share(loss: Floats, initial: float) -> tuple[float, float]:
    """Share of what was gained that is lost at the end, 0 within noise, and the largest step up, as such a share."""
    end, best = float(np.median(loss[-3:])), float(loss.min())
    steps = np.diff(loss)
    noise = 1.4826 * float(np.median(np.abs(steps))) / sqrt(2) if len(steps) else 0.0
    gained = max(initial, float(loss[0])) - best
    if gained <= 0 or end - best <= 6 * noise:
        return 0.0, 0.0
    return (end - best) / gained, float(steps.max()) / gained
