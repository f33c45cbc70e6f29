"""How training went, in one word, with the numbers it rests on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.advice import Advice, advise
from epochwise.epochs.curve import Curve
from epochwise.epochs.evidence import BY_HEART, Evidence, gather_evidence
from epochwise.epochs.schedule_end import ScheduleEnd

#: With fewer validated epochs, course and noise cannot be told apart.
MIN_EPOCHS = 8


@dataclass(frozen=True)
class Verdict:
    """What ``result.json`` says of a run.

    Args:
        label: ``underfitting``, ``still_improving``, ``good_fit``, ``overfitting``, ``diverged`` or ``undecided``.
        reason: one sentence.
        evidence: the fields of ``Evidence``; a number that is unknown is None.
        advice: what to try next, best first.
    """

    label: str
    reason: str
    evidence: dict[str, float | int | None]
    advice: tuple[Advice, ...]


def verdict(
    curve: Curve,
    chance: float | None = None,
    ideal: float | None = None,
    settings: Mapping[str, Any] | None = None,
    end: ScheduleEnd | None = None,
    neighbours: float | None = None,
) -> Verdict:
    """Judge a run by its curves.

    In this order, the first that holds (widths are of the validation noise, the scale is what was gained from the
    initial score to the best one):

    1. ``diverged``: it ends in NaN or inf, or training and validation both lost more than half of what they had gained;
       without training, validation fell behind where it began, at once.
    2. ``undecided``: fewer than eight validated epochs, or noise above a quarter of the scale.
    3. ``overfitting``: validation has risen from its best by more than 1.5 widths and 2 standard errors (or by
       more than one, while the gap grows by 2 standard errors of its own), and training has not.
    4. ``still_improving``: the slope at the end is 2 standard errors below 0, and half as many epochs again would gain
       more than one width and 1.7 % of the scale; where little was learned (6.), also 4 % of what is left. Not where
       the score had levelled off before its rate fell (``ScheduleEnd``): a cool-down gains once.
    5. ``overfitting``: levelled off, and more than 30 % of what training learned does not carry over, or 12 % where it
       knows its samples by heart; or validation is no better than ``chance``, and training is (``undecided`` where
       neither it nor nearest neighbours are).
    6. ``underfitting``: levelled off, without a gap, after less than 45 % of the way from ``chance`` to the ideal
       score, and nearest neighbours went a fifth further, where they were asked. Without ``chance`` the initial
       score is what the first epochs point back to, too good where the first taught most: then less than 30 %.
    7. ``still_improving``: the schedule ended (``ScheduleEnd``), and until its rate fell the score gained more than two
       widths and 1.7 % of the scale over the last third of these epochs.
    8. ``good_fit``: levelled off within 1.5 widths of its best; ``undecided`` where it may have risen by more: by 0.7
       already while training goes on to gain, or where its error leaves room for three.

    Args:
        curve: the run.
        chance: see ``gather_evidence``.
        ideal: see ``gather_evidence``.
        settings: see ``advise``.
        end: how it went until its learning rate fell, where that is known.
        neighbours: what nearest neighbours score on the same samples, in the monitor's unit, where they were asked.
            Whether more could be learned, no curve tells: classes that overlap look like a network that is too small.

    Source:
        the labels: Goodfellow, Bengio & Courville 2016, https://www.deeplearningbook.org, section 5.2; a rise as a
        stopping criterion: Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3.
    """
    if curve.ends_unmeasured:
        label, reason = "diverged", "the scores end in what is no number"
        found: Evidence | None = gather_evidence(curve, chance, ideal, neighbours) if len(curve.loss) else None
    elif not len(curve.loss):
        label, reason, found = "undecided", "no epoch was validated", None
    else:
        found = gather_evidence(curve, chance, ideal, neighbours)
        label, reason = _judge(curve, found, chance is not None, end)
    numbers = {} if found is None else asdict(found)
    plain = {name: value if isfinite(value) else None for name, value in numbers.items()}
    ended = end is not None and end.ended
    return Verdict(label, reason, plain, advise(label, curve.num_epochs, found, settings, ended))


def _judge(curve: Curve, found: Evidence, chance_known: bool, end: ScheduleEnd | None) -> tuple[str, str]:
    if _has_diverged(curve, found):
        return "diverged", "the score ends far behind its best, on training too"
    count, width = found.validated_epochs, found.noise
    if count < MIN_EPOCHS:
        return "undecided", f"only {count} of the {MIN_EPOCHS} validated epochs that a verdict takes"
    scale = max(found.initial - found.best, 1e-12)
    if width > 0.25 * max(scale, found.way if isfinite(found.way) else 0):
        return "undecided", f"the noise of validation, {width:.2g}, is too large beside what was gained, {scale:.2g}"
    known = isfinite(found.train_gain_after_best)
    train_rose = known and found.train_gain_after_best < -max(2 * found.train_noise, 0.5 * found.rise)
    train_goes_on = not known or found.train_gain_after_best > 0.5 * found.train_noise or found.rise > 3 * width
    gap_grows = known and found.gap_slope > 2 * found.gap_slope_stderr
    matters = found.rise > 0.005 * scale  # less than that is level, however small the noise
    has_risen = matters and found.rise > (1 if gap_grows else 1.5) * width
    if has_risen and train_goes_on and (found.rise > 2 * found.rise_stderr or gap_grows):
        if train_rose:
            return "undecided", "training and validation both got worse after the best epoch; the rate may be too high"
        widths = f"{found.rise / width:.1f} noise widths" if width > 0 else f"{found.rise:.2g}"
        return "overfitting", f"validation is {widths} worse than at its best, {found.epochs_after_best} epochs ago"
    small_gap = not known or found.gap_share < 0.3 or found.gap_at_end < 0.1 * found.way
    little = found.learned < (0.45 if chance_known else 0.3) and small_gap
    settled = end is not None and end.fell and not end.ended  # what a cool-down gains is no improvement to come
    falls = found.slope < -2 * found.slope_stderr and found.gain_ahead > max(width, 0.017 * scale)
    improving = falls and not settled
    how = "as its schedule ended" if end is not None and end.ended else "above its noise"
    still = "still_improving", f"validation still gains {-found.slope:.2g} an epoch, {how}"
    creeps = little and found.gain_ahead < 0.04 * found.way * (1 - found.learned)
    if improving and not creeps:
        return still
    if chance_known and found.best > found.initial - width:
        if known and found.way * found.learned > max(2 * width, 0.1 * found.way):
            return "overfitting", "validation is no better than guessing; what training learned does not carry over"
        asked = not np.isnan(found.neighbours)
        if asked and not found.neighbours < found.initial - 2 * width:
            return "undecided", "neither it nor nearest neighbours are better than guessing: is there a thing to learn?"
    by_heart = known and found.learned > BY_HEART
    if not small_gap or (by_heart and found.gap_share > 0.12 and found.gap_at_end > 2 * width):
        lost = f"{found.gap_share:.0%} of what training learned does not carry over"
        why = "training knows its samples by heart: more of them would help, more epochs do not"
        return "overfitting", f"{lost}; {why}" if by_heart else lost
    all_there_is = ""
    if little:
        course = "creeps" if improving else "has levelled off"
        went = f"it {course} after {found.learned:.0%} of the way to the ideal score"
        if not found.initial - found.best > 0.8 * (found.initial - found.neighbours):
            more = "" if np.isnan(found.neighbours) else "; nearest neighbours go further"
            return "underfitting", went + more
        all_there_is = "; nearest neighbours go no further, so more may not be there to learn"
    if improving:
        return still
    if end is not None and end.gained(0.017 * scale):
        gained = (
            f"validation gained {-(end.slope or 0):.2g} an epoch until the learning rate fell below half of its peak"
        )
        return "still_improving", f"its schedule ended: {gained}"
    train_leaves = known and found.train_gain_after_best > 2 * found.train_noise
    hidden = train_leaves and found.rise + 2 * found.rise_stderr > 3 * width  # a short, noisy curve shows no less
    may_have = found.rise > 1.5 * width or (found.rise > 0.7 * width and (gap_grows or train_leaves)) or hidden
    if matters and may_have:
        return "undecided", "validation may have risen since its best: its noise leaves it open"
    if end is not None and end.ended:
        rate = f"at the best epoch the learning rate was {end.rate_at_best:.0%} of its peak"
        return "good_fit", f"validation has levelled off, but its schedule ended: {rate}{all_there_is}"
    if settled:
        return "good_fit", f"validation had levelled off before its schedule ended{all_there_is}"
    return "good_fit", f"validation has levelled off within its noise of the best{all_there_is}"


def _has_diverged(curve: Curve, found: Evidence) -> bool:
    val_lost, val_jump = _lost(curve.loss, found.initial)
    if len(curve.train) < 2:
        return val_lost > 1 and val_jump > 0.5
    return val_lost > 0.5 and _lost(curve.train, max(found.initial, curve.train[0]))[0] > 0.5


def _lost(loss: NDArray[np.float64], initial: float) -> tuple[float, float]:
    """Share of what was gained that is lost at the end, 0 within noise, and the largest step up, as such a share."""
    end, best = float(np.median(loss[-3:])), float(loss.min())
    steps = np.diff(loss)
    noise = 1.4826 * float(np.median(np.abs(steps))) / sqrt(2) if len(steps) else 0.0
    gained = max(initial, float(loss[0])) - best
    if gained <= 0 or end - best <= 6 * noise:
        return 0.0, 0.0
    return (end - best) / gained, float(steps.max()) / gained
