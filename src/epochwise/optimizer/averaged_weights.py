"""Optimizers that train at one point and are scored at another."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor


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


def settle_averages(optimizers: Sequence[Any], frozen: Iterable[Tensor]) -> None:
    """Let weights that train no more stay at their average, to the bit, for training and scoring alike.

    Args:
        optimizers: of a run; those that average keep the point that moves as ``z`` in their state.
        frozen: the weights.
    """
    unsettled = [
        (weight, kept["z"])
        for weight in frozen
        for optimizer in optimizers
        if (kept := getattr(optimizer, "optimizer", optimizer).state.get(weight)) and "z" in kept
        if not torch.equal(weight, kept["z"])
    ]
    if unsettled:
        averaged_weights(optimizers, score=True)
        for weight, moving in unsettled:
            moving.copy_(weight.detach())
