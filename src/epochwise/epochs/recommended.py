"""How many epochs next time: of one run, and of several."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from epochwise.epochs.curve import Curve, Floats
from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.schedule_end import ScheduleEnd
from epochwise.epochs.smooth import Smooth
from epochwise.epochs.verdict import MIN_EPOCHS
from epochwise.input_error import InputError

BACK = re.compile(r"\bback_to_(\d+)\b")


def on_the_way(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Leave out the epochs that a run went back behind: no weights came of them, and a count does not need them.

    Args:
        rows: those of ``epochs.csv``, as a list or an ``EpochTable``. The event ``back_to_3`` says that an epoch began
            with the weights of epoch 3.

    Returns:
        ``rows`` themselves where a run never went back.
    """
    backs = [(index, int(found[1]) + 1) for index, text in _events(rows) if (found := BACK.search(text))]
    kept: list[int] = []
    end = len(rows)
    for index, back in reversed(backs):
        if index < end:
            kept, end = [*range(index, end), *kept], min(back, index)
    if not kept:
        return rows
    kept = [*range(end), *kept]
    return rows.take(kept) if isinstance(rows, EpochTable) else [rows[index] for index in kept]


def _events(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Index and events of the rows that have some."""
    if isinstance(rows, EpochTable):
        told = rows.columns.get("events")
        return [] if told is None else [(int(index), str(told[index])) for index in np.flatnonzero(told.astype(bool))]
    return [(index, str(row["events"])) for index, row in enumerate(rows) if row.get("events")]


@dataclass(frozen=True, eq=False)
class EpochCount:
    """Counts of epochs, in [1, E], and what they rest on.

    Args:
        value: the count whose mean score is the best, the smallest of equals.
        low: the smallest count whose mean is within one standard error of it.
        high: the largest such count.
        mean: (E,) mean score over the runs; NaN where not all of them have one.
        stderr: (E,) its standard error.
    """

    value: int
    low: int
    high: int
    mean: Floats
    stderr: Floats


def best_epoch_count(val: ArrayLike, mode: Literal["min", "max"] = "min", repeats: int = 1) -> EpochCount:
    """Choose a count of epochs from the curves of K folds or seeds by the one-standard-error rule.

    The standard error is that at the best count. Repeated cuts of the same samples are no new samples: the spread is
    taken within each repeat and averaged, so that repeating does not narrow it.

    Args:
        val: (K, E) validation scores, row k of run k. NaN where an epoch was not validated or not run; an epoch counts
            only where every run has a score, since a mean over fewer of them would jump.
        mode: ``min`` where smaller is better, else ``max``.
        repeats: how often the samples were cut: K is a multiple of it, and the rows of a cut stand together.

    Raises:
        InputError: fewer than 2 runs a repeat, or no epoch that all of them have scored.

    Source:
        Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, section 3.4.3; Hastie, Tibshirani &
        Friedman 2009, The Elements of Statistical Learning, section 7.10.
    """
    scores = np.atleast_2d(np.asarray(val, dtype=np.float64))
    if scores.ndim != 2 or len(scores) < 2 * repeats or len(scores) % repeats:
        raise InputError(f"folds: got curves of the shape {scores.shape}, allowed: (K, E), at least 2 runs a repeat")
    everywhere = np.isfinite(scores).all(axis=0)
    if not everywhere.any():
        raise InputError("folds: there is no epoch that all runs have a score of")
    cuts = np.where(everywhere, scores, np.nan).reshape(repeats, -1, scores.shape[1])
    mean = cuts.mean(axis=(0, 1))
    stderr = np.sqrt(cuts.var(axis=1, ddof=1).mean(axis=0) / cuts.shape[1])
    loss = mean if mode == "min" else -mean
    best = int(np.nanargmin(loss))
    within = np.flatnonzero(loss <= loss[best] + stderr[best])  # NaN is not
    return EpochCount(best + 1, int(within[0]) + 1, int(within[-1]) + 1, mean, stderr)


def same_steps(count: float, from_steps_per_epoch: float, to_steps_per_epoch: float) -> int:
    """The count of epochs on other data that takes as many optimizer steps, at least 1.

    A fold sees (K-1)/K of the samples: its 20 epochs are as many steps as 16 on all of them with 5 folds. It is steps
    that move weights, so they are what is carried over.

    Args:
        count: of epochs; the mean of several.
        from_steps_per_epoch: optimizer steps an epoch where it was found; the mean of several.
        to_steps_per_epoch: optimizer steps an epoch where it is to be used.
    """
    return max(round(count * from_steps_per_epoch / to_steps_per_epoch), 1)


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
        best_score: the best point of the curve's smooth course, in the monitor's unit; never better than the best
            score.
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
        None where no epoch was validated: training alone says nothing of a count.
    """
    if curve.is_training or not len(curve.loss):
        return None
    found = curve.course
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
    has_risen = label == "overfitting" and found.fitted[-1] - found.best_loss > found.noise
    if at_least and not has_risen and (label != "overfitting" or counts[2] == curve.num_epochs):
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
    limit = 3 * max(1.4826 * float(np.median(np.abs(residuals))), 0.5 * found.noise)
    degrees = count / (count - min(6, 2 + count // 4))
    return float(np.sqrt(np.mean(np.clip(residuals, -limit, limit) ** 2) * degrees))
