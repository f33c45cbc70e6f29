"""Whether a score has levelled off."""

from collections.abc import Mapping
from typing import Literal


def levelled_off(
    scores: Mapping[int, float], since_epoch: int, mode: Literal["min", "max"], patience: int, min_delta: float
) -> bool:
    """Whether the latest epoch lies at least ``patience`` epochs behind the best one of a phase.

    Args:
        scores: epoch -> score. NaN is never an improvement.
        since_epoch: the first epoch of the phase; earlier scores are not looked at.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement, at least 1.
        min_delta: an improvement is larger than this, in the unit of the score.
    """
    best, best_epoch, latest = float("inf"), since_epoch - 1, since_epoch - 1
    for epoch in sorted(epoch for epoch in scores if epoch >= since_epoch):
        loss, latest = scores[epoch] if mode == "min" else -scores[epoch], epoch
        if best - loss > min_delta:
            best, best_epoch = loss, epoch
    return latest - best_epoch >= patience
