"""The numbers a verdict rests on."""

from dataclasses import dataclass

import numpy as np

from epochwise.epochs.curve import Curve
from epochwise.epochs.smooth import Smooth, trend

#: A first score beyond so many times the range of the rest says nothing of what was learned.
FARTHEST = 10.0
#: Of all that was gained: less ahead is no improvement, and less lost is level, however small the noise.
LEAST_GAIN, LEAST_RISE = 0.017, 0.005
#: Share of the way to the ideal score from which on training knows its samples by heart.
BY_HEART = 0.97


@dataclass(frozen=True)
class Evidence:
    """Measured on the smooth course of a curve, as losses: smaller is better, whatever the mode. Plain numbers.

    Args:
        validated_epochs: how many epochs have a finite validation score.
        noise: one noise width, the standard deviation of a single validation score about the course.
        initial: before training: the chance level where it is known, else the course continued one epoch back, but no
            further from the best than ten times the range of all scores but the first.
        best: lowest point of the course, in the loss's unit.
        best_epoch: where, from 0.
        epochs_after_best: epochs run after it.
        end: last point of the course.
        rise: end - best.
        rise_stderr: its standard error.
        slope: of validation an epoch at the end; negative while it improves.
        slope_stderr: its standard error.
        gain_ahead: what half as many epochs again would gain if each stretch gains what the one before it did, less
            what it lost over the last (Aitken's extrapolation).
        gap_at_best: validation - training at the best epoch; NaN, as all that follow, where training is unknown.
        gap_at_end: the same at the end.
        gap_slope: change of the gap an epoch at the end.
        gap_slope_stderr: its standard error.
        train_gain_after_best: what training gained from the best epoch of validation to the end.
        train_noise: one noise width of training.
        gap_share: share of what was learned on training that did not carry over to validation, at the end.
        way: from ``initial`` to the ideal; NaN where the ideal is unknown.
        learned: share of that way that training went.
        neighbours: what nearest neighbours score; NaN where they were not asked.
    """

    validated_epochs: int
    noise: float
    initial: float
    best: float
    best_epoch: int
    epochs_after_best: int
    end: float
    rise: float
    rise_stderr: float
    slope: float
    slope_stderr: float
    gain_ahead: float
    gap_at_best: float
    gap_at_end: float
    gap_slope: float
    gap_slope_stderr: float
    train_gain_after_best: float
    train_noise: float
    gap_share: float
    way: float
    learned: float
    neighbours: float

    @property
    def gained(self) -> float:
        """From the initial score to the best, or what was lost since the best where that is more; above 0."""
        return max(self.initial - self.best, self.rise, 1e-12)

    @property
    def is_hidden(self) -> bool:
        """Whether noise hides the course."""
        return self.noise > 0.25 * max(self.gained, self.way if np.isfinite(self.way) else 0.0)

    @property
    def falls(self) -> bool:
        """Whether the end falls beyond its standard errors, and by enough to gain from more epochs.

        That is more than one noise width and 1.7 % of all that was gained; or where little is left of a long way, two
        widths and 15 % of what is left to the ideal.
        """
        left = self.way - (self.initial - self.best)
        is_enough = self.gain_ahead > max(self.noise, LEAST_GAIN * self.gained)
        is_much_of_the_rest = self.gain_ahead > max(2 * self.noise, 0.15 * left)  # never where the ideal is unknown
        return self.slope < -2 * self.slope_stderr and (is_enough or is_much_of_the_rest)

    @property
    def has_risen(self) -> bool:
        """Whether the end is worse than the best by more than noise makes it."""
        return self.rise > max(1.5 * self.noise, 2 * self.rise_stderr, LEAST_RISE * self.gained)


def gather_evidence(
    curve: Curve, chance: float | None = None, ideal: float | None = None, neighbours: float | None = None
) -> Evidence:
    """Measure a curve with at least one finite score.

    Args:
        curve: the run.
        chance: score of knowing nothing, in the monitor's unit: log C, 1 / C, the variance of the targets.
        ideal: the best score there is; where it is unknown, 0 is taken for losses that are never negative and 1 for
            scores to be raised that stay in [0, 1].
        neighbours: what nearest neighbours score, in the monitor's unit.
    """
    epochs, val = curve.epochs, curve.course
    best, end = val.best, float(val.fitted[-1])
    rise = max(end - val.best_loss, 0.0)
    initial = _backcast(val, curve.loss) if chance is None else curve.sign * chance
    at_end = trend(epochs, val.calm(curve.loss), val.noise, val.inflation, last=0.4)
    ahead = _gain_ahead(val)
    nan = float("nan")
    gap_best = gap_end = gap_slope = gap_stderr = train_gain = train_noise = share = nan
    learned_from = end
    if len(curve.train) >= 2:
        train = curve.train_course
        at_val = np.interp(epochs, curve.train_epochs, train.fitted)
        gap_best, gap_end = float(val.fitted[best] - at_val[best]), float(end - at_val[-1])
        train_gain, train_noise = float(at_val[best] - at_val[-1]), train.noise
        raw_gap = val.calm(curve.loss) - np.interp(epochs, curve.train_epochs, train.calm(curve.train))
        gap_trend = trend(epochs, raw_gap, float(np.hypot(val.noise, train.noise)), val.inflation)
        gap_slope, gap_stderr = gap_trend.slope, gap_trend.stderr
        learned_from = float(at_val[-1])
        learned_on_train = max(initial - learned_from, 1e-12)
        share = float(np.clip(gap_end / learned_on_train, -1, 1))
    way = initial - _ideal(curve, ideal)
    way = way if way > 0 else nan
    return Evidence(
        validated_epochs=len(epochs),
        noise=val.noise,
        initial=initial,
        best=val.best_loss,
        best_epoch=int(epochs[best]),
        epochs_after_best=int(curve.num_epochs - 1 - epochs[best]),
        end=end,
        rise=rise,
        rise_stderr=val.end_stderr * float(np.sqrt(2)) if rise > 0 else val.end_stderr,
        slope=at_end.slope,
        slope_stderr=at_end.stderr,
        gain_ahead=ahead,
        gap_at_best=gap_best,
        gap_at_end=gap_end,
        gap_slope=gap_slope,
        gap_slope_stderr=gap_stderr,
        train_gain_after_best=train_gain,
        train_noise=train_noise,
        gap_share=share,
        way=way,
        learned=float(np.clip((initial - learned_from) / way, -1, 1)),
        neighbours=nan if neighbours is None else curve.sign * neighbours,
    )


def _backcast(val: Smooth, loss: np.ndarray) -> float:
    """The score before the first epoch: its first step back, lengthened as the first is over the second."""
    if len(loss) < 3:
        return float(loss[0])
    rest = loss[1:]
    return min(_first_back(val, loss), max(float(loss.min() + FARTHEST * np.ptp(rest)), float(rest.max())))


def _first_back(val: Smooth, loss: np.ndarray) -> float:
    first, second = loss[0] - loss[1], loss[1] - loss[2]
    if first <= 3 * val.noise:
        return float(max(loss[0], val.fitted[0]))
    back = float(loss[0] + first * np.clip(first / max(second, 1e-12), 1, 4))
    return min(back, 0.0) if loss.min() >= -1 and loss.max() <= 0 else back  # an accuracy is never below 0


def _gain_ahead(val: Smooth) -> float:
    quarter = max(len(val.fitted) // 4, 1)
    if len(val.fitted) < 2 * quarter + 1:
        return 0.0
    before, middle, end = val.fitted[[-2 * quarter - 1, -quarter - 1, -1]]
    gained, earlier = float(middle - end), float(before - middle)
    ratio = float(np.clip(gained / earlier, 0, 1)) if earlier > 0 else 1.0
    return gained * (ratio + ratio**2) if gained > 0 else gained


def _ideal(curve: Curve, ideal: float | None) -> float:
    if ideal is not None:
        return curve.sign * ideal
    if curve.sign > 0:
        return 0.0 if curve.loss.min() >= 0 else float("nan")
    return -1.0 if curve.loss.min() >= -1 and curve.loss.max() <= 0 else float("nan")
