"""How training went, in one word, with the numbers it rests on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from epochwise.epochs.advice import Advice, advise
from epochwise.epochs.curve import Curve
from epochwise.epochs.divergence import has_diverged
from epochwise.epochs.evidence import BY_HEART, LEAST_GAIN, LEAST_RISE, Evidence, gather_evidence
from epochwise.epochs.schedule_end import ScheduleEnd
from epochwise.epochs.smooth import luck
from epochwise.epochs.training_alone import MIN_EPOCHS, judge_training


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
       without training, validation fell behind where it began, at once, after it had gained (``has_diverged``).
    2. ``undecided``: fewer than eight validated epochs, or noise above a quarter of the scale.
    3. ``overfitting``: validation has risen from its best by more than 1.5 widths and 2 standard errors (or by
       more than one, while the gap grows by 2 standard errors of its own), and training has not; ``undecided`` where
       it rose from the first epoch on, and no training score got better meanwhile.
    4. ``still_improving``: the slope at the end is 2 standard errors below 0, and half as many epochs again would gain
       enough (``Evidence.falls``); where little was learned (6.), also 4 % of what is left. Not where the score had
       levelled off before its rate fell (``ScheduleEnd``): a cool-down gains once.
    5. ``overfitting``: levelled off, and more than 30 % of what training learned does not carry over, or 12 % where it
       knows its samples by heart; or validation is no better than ``chance``, and training is (``undecided`` where
       neither it nor nearest neighbours are).
    6. ``underfitting``: levelled off, without a gap, after less than 45 % of the way from ``chance`` to ``ideal``, both
       of them known, and nearest neighbours went a fifth further, where they were asked. Where one of the two is not
       known, and it went less than 30 % of the way as far as the curve tells: ``undecided``.
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
    found: Evidence | None = None
    if curve.is_training:
        judged = _Judged(*judge_training(curve))
    elif not len(curve.loss):
        alone = Curve.of_training(curve.sign * curve.train, "min" if curve.sign > 0 else "max")
        judged = _Judged(*judge_training(replace(alone, ends_unmeasured=curve.ends_unmeasured)))
    else:
        found = gather_evidence(curve, chance, ideal, neighbours)
        judged = _with_a_lucky_best(curve, found, _judge(curve, found, chance is not None, ideal is not None, end))
    numbers = {} if found is None else asdict(found)
    plain = {name: value if isfinite(value) else None for name, value in numbers.items()}
    ended = end is not None and end.ended
    advice = advise(judged.label, curve.num_epochs, found, settings, ended, judged.is_level)
    return Verdict(judged.label, judged.reason, plain, advice)


class _Judged(NamedTuple):
    """Label and reason; ``is_level`` where the course has levelled off: more epochs are no advice."""

    label: str
    reason: str
    is_level: bool = False


def _with_a_lucky_best(curve: Curve, found: Evidence, judged: _Judged) -> _Judged:
    """Say so where the best score is one that hardly another comes near: it is the best epoch, and no count."""
    lowest = int(np.argmin(curve.loss))
    width = max(luck(len(curve.loss)) * found.noise, LEAST_RISE * found.gained)
    far = 1 <= (curve.loss < found.best - width).sum() <= max(2, len(curve.loss) // 40)
    if judged.label == "diverged" or not far or found.validated_epochs < MIN_EPOCHS:
        return judged
    alone = f"hardly another score comes near its best, of epoch {curve.epochs[lowest]} (from 0)"
    return judged._replace(reason=f"{judged.reason}; {alone}")


def _judge(curve: Curve, found: Evidence, chance_known: bool, ideal_known: bool, end: ScheduleEnd | None) -> _Judged:
    if curve.ends_unmeasured:
        return _Judged("diverged", "the scores end in what is no number")
    known = isfinite(found.train_gain_after_best)
    if has_diverged(curve, found.initial):
        if known:
            return _Judged("diverged", "the score ends far behind its best, on training too")
        return _Judged("diverged", "validation ends far behind where it began; training is not known")
    count, width = found.validated_epochs, found.noise
    if count < MIN_EPOCHS:
        return _Judged("undecided", f"only {count} of the {MIN_EPOCHS} validated epochs that a verdict takes")
    scale = found.gained
    if found.is_hidden:
        return _Judged(
            "undecided", f"the noise of validation, {width:.2g}, hides its course: all that it gained is {scale:.2g}"
        )
    train_rose = known and found.train_gain_after_best < -max(2 * found.train_noise, 0.5 * found.rise)
    train_goes_on = not known or found.train_gain_after_best > 0.5 * found.train_noise or found.rise > 3 * width
    gap_grows = known and found.gap_slope > 2 * found.gap_slope_stderr
    matters = found.rise > LEAST_RISE * scale
    has_risen = matters and found.rise > (1 if gap_grows else 1.5) * width
    if has_risen and train_goes_on and (found.rise > 2 * found.rise_stderr or gap_grows):
        if train_rose:
            return _Judged(
                "undecided", "training and validation both got worse after the best epoch; the rate may be too high"
            )
        train_fell = known and found.train_gain_after_best > 0.5 * found.train_noise
        if 0 in (np.argmin(curve.loss), found.best_epoch - curve.epochs[0]) and not train_fell:
            without = "training, which got no better, " if known else "without training scores nothing "
            return _Judged(
                "undecided", f"validation has got worse since its first epoch; {without}says whether it overfits"
            )
        widths = f"{found.rise / width:.1f} noise widths" if width > 0 else f"{found.rise:.2g}"
        return _Judged("overfitting", f"validation is {widths} worse than at its best, {_when(curve, found)}")
    small_gap = not known or found.gap_share < 0.3 or found.gap_at_end < 0.1 * found.way
    both_known = chance_known and ideal_known
    little = both_known and found.learned < 0.45 and small_gap
    settled = end is not None and end.fell and not end.ended  # what a cool-down gains is no improvement to come
    improving = found.falls and not settled
    how = "as its schedule ended" if end is not None and end.ended else "above its noise"
    still = _Judged("still_improving", f"validation still gains {-found.slope:.2g} an epoch, {how}")
    creeps = little and found.gain_ahead < 0.04 * found.way * (1 - found.learned)
    if improving and not creeps:
        return still
    if chance_known and found.best > found.initial - width:
        if known and found.way * found.learned > max(2 * width, 0.1 * found.way):
            return _Judged(
                "overfitting", "validation is no better than guessing; what training learned does not carry over"
            )
        asked = not np.isnan(found.neighbours)
        if asked and not found.neighbours < found.initial - 2 * width:
            return _Judged(
                "undecided", "neither it nor nearest neighbours are better than guessing: is there a thing to learn?"
            )
    by_heart = known and found.learned > BY_HEART
    if not small_gap or (by_heart and found.gap_share > 0.12 and found.gap_at_end > 2 * width):
        lost = f"{found.gap_share:.0%} of what training learned does not carry over"
        why = "training knows its samples by heart: more of them would help, more epochs do not"
        return _Judged("overfitting", f"{lost}; {why}" if by_heart else lost)
    all_there_is = ""
    if little:
        course = "creeps" if improving else "has levelled off"
        went = f"it {course} after {found.learned:.0%} of the way to the ideal score"
        if not found.initial - found.best > 0.8 * (found.initial - found.neighbours):
            more = "" if np.isnan(found.neighbours) else "; nearest neighbours go further"
            return _Judged("underfitting", went + more)
        all_there_is = "; nearest neighbours go no further, so more may not be there to learn"
    if improving:
        return still
    return _levelled(found, known, both_known, scale, gap_grows, end, all_there_is)


def _levelled(
    found: Evidence,
    known: bool,
    both_known: bool,
    scale: float,
    gap_grows: bool,
    end: ScheduleEnd | None,
    all_there_is: str,
) -> _Judged:
    """Judge a curve that neither rose beyond doubt, nor improves, nor leaves a gap, nor learned little."""
    width, matters = found.noise, found.rise > LEAST_RISE * scale
    if end is not None and end.gained(LEAST_GAIN * scale):
        gained = (
            f"validation gained {-(end.slope or 0):.2g} an epoch until the learning rate fell below half of its peak"
        )
        return _Judged("still_improving", f"its schedule ended: {gained}")
    train_leaves = known and found.train_gain_after_best > 2 * found.train_noise
    hidden = train_leaves and found.rise + 2 * found.rise_stderr > 3 * width  # a short, noisy curve shows no less
    may_have = found.rise > 1.5 * width or (found.rise > 0.7 * width and (gap_grows or train_leaves)) or hidden
    if matters and may_have:
        return _Judged("undecided", "validation may have risen since its best: its noise leaves it open")
    settled = end is not None and end.fell and not end.ended
    how = "had levelled off before its schedule ended" if settled else "has levelled off within its noise of the best"
    if end is not None and end.ended:
        rate = f"at the best epoch the learning rate was {end.rate_at_best:.0%} of its peak"
        how = f"has levelled off, but its schedule ended: {rate}"
    if not known:
        return _Judged("undecided", f"validation {how}; without training scores nothing says whether it fits", True)
    if not both_known and found.learned < 0.3:
        unsaid = "what knowing nothing scores is not known, so nothing says whether it learned little"
        return _Judged("undecided", f"validation {how}, close to training; {unsaid}", True)
    return _Judged("good_fit", f"validation {how}{all_there_is}")


def _when(curve: Curve, found: Evidence) -> str:
    """When validation was at its best, by the best score where that is one of the best of the course."""
    lowest = int(np.argmin(curve.loss))
    if curve.course.fitted[lowest] - found.best <= found.noise:
        return f"{curve.num_epochs - 1 - int(curve.epochs[lowest])} epochs ago"
    luckier = f"a lucky score, of epoch {curve.epochs[lowest]}, is better still"
    return f"around epoch {found.best_epoch} (from 0); {luckier}"
