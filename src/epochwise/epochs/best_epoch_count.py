"""How many epochs to train, from several runs of one setting: folds or seeds."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.input_error import InputError

Floats = NDArray[np.float64]


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
