"""Optimizers that train at one point and are scored at another."""

from collections.abc import Iterable
from typing import Any


def averaged_weights(optimizers: Iterable[Any], score: bool) -> None:
    """Put the weights where they are to be scored and kept, or where they are trained; once or often is the same.

    Args:
        optimizers: those with an ``eval`` and a ``train``, as in the package schedulefree; others are left alone.
        score: whether they are to be scored.

    Source:
        Defazio et al. 2024, https://arxiv.org/abs/2405.15682: the average is scored, the gradient is taken between it
        and the point that moves.
    """
    for optimizer in optimizers:
        optimizer = getattr(optimizer, "optimizer", optimizer)  # Lightning wraps it
        if hasattr(optimizer, "eval") and hasattr(optimizer, "train"):
            optimizer.eval() if score else optimizer.train()
