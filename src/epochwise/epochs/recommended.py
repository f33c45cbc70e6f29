"""How many epochs to train next time."""

from dataclasses import dataclass

import numpy as np

from epochwise.epochs.curve import Curve, Floats
from epochwise.epochs.schedule_end import ScheduleEnd
from epochwise.epochs.smooth import Smooth, smooth
from epochwise.epochs.verdict import MIN_EPOCHS


@dataclass(frozen=True)
class RecommendedEpochs:
    """Counts of epochs: one more than the index of the last of them, in [1, E].

    Args:
        value: the count to train.
        low: the fewest that still score within the noise of the best.
        high: the most, of those without an interruption; at E nothing says that more would be worse.
        at_least: more may be better, and nothing in the curve says how many more: it still improves, it is too short
            to tell, or its schedule ended (``ScheduleEnd``). ``value``, ``low`` and ``high`` are then E, unless it
            overfits after fewer: that a curve is flat at the end of its schedule recommends no smaller count.
        best_score: the best point of the curve's smooth course, in the monitor's unit.
        noise: one noise width, in the same unit: the standard deviation of a single score about the
            course, near the best.
    """

    value: int
    low: int
    high: int
    best_score: float
    noise: float
    at_least: bool = False


def recommend_epochs(
    curve: Curve, label: str | None = None, end: ScheduleEnd | None = None
) -> RecommendedEpochs | None:
    """Choose a count of epochs from one run.

    The course is the curve without its noise (``smooth``), and ``value`` its lowest point: the lowest score itself is
    the luckiest of many. ``low`` to ``high`` are the validated epochs around it whose course is within one noise width
    of it, without a gap. The noise is that of the half of the epochs nearest the best one, since a run that overfits
    calms down long after it.

    It holds for a run of the same learning rates: a schedule that is drawn over another budget makes another curve. The
    noise of one run says nothing of the spread between seeds; benchmarks/recommended.py measures what that costs.

    Args:
        curve: the run.
        label: its verdict, where it has been judged.
        end: how it went until its learning rate fell, where that is known.

    Returns:
        None where no epoch was validated.
    """
    if not len(curve.loss):
        return None
    found = smooth(curve.epochs, curve.loss)
    noise = _noise_near(found, curve.loss)
    near = found.fitted - found.best_loss <= noise
    near[found.best] = True
    before, after = np.flatnonzero(~near[: found.best]), np.flatnonzero(~near[found.best :])
    low = int(before[-1]) + 1 if len(before) else 0
    high = found.best + int(after[0]) - 1 if len(after) else len(near) - 1
    counts = [int(curve.epochs[index]) + 1 for index in (found.best, low, high)]
    if high == len(near) - 1 and not curve.ends_unmeasured:
        counts[2] = curve.num_epochs
    too_short = label == "still_improving" or (label == "undecided" and len(curve.loss) < MIN_EPOCHS)
    at_least = too_short or (end is not None and end.ended and label != "diverged")
    if at_least and (label != "overfitting" or counts[2] == curve.num_epochs):
        counts = [curve.num_epochs] * 3
    return RecommendedEpochs(counts[0], counts[1], counts[2], curve.score(found.best_loss), noise, at_least)


def _noise_near(found: Smooth, loss: Floats) -> float:
    """The standard deviation of a score about the course, over the half of the points nearest the best."""
    count = len(loss)
    if count < 8:
        return found.noise
    half = max(8, count // 2)
    first = min(max(found.best - half // 2, 0), count - half)
    residuals = (loss - found.fitted)[first : first + half]
    limit = 3 * 1.4826 * np.median(np.abs(residuals))
    degrees = count / (count - min(6, 2 + count // 4))
    return float(np.sqrt(np.mean(np.clip(residuals, -limit, limit) ** 2) * degrees))
