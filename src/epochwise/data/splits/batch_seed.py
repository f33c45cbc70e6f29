"""Chances of a training batch, which follow from its place alone."""

import random
from functools import cache

import numpy as np
import torch


@cache
def _has_accelerator() -> bool:
    """Asked once: where Lightning is, torch looks for NVIDIA's library each time, which takes longer than a step."""
    return torch.accelerator.is_available()


def seed_batch(seed: int, epoch: int, batch: int, rank: int = 0) -> None:
    """Seed torch, numpy and Python for one training batch, so that dropout and augmentation follow from its place.

    A resumed run then draws what the uninterrupted one would have drawn, without any state of a generator being kept;
    and nothing that is drawn in a validation changes the training after it.

    Args:
        seed: of the run, at least 0.
        epoch: from 0.
        batch: within the epoch, from 0.
        rank: the process; each has chances of its own.
    """
    drawn = int(np.random.SeedSequence((seed, epoch, batch, rank)).generate_state(1)[0])
    # Where there is no other device, torch.manual_seed keeps who asked, for when one comes: the whole stack as text.
    (torch.manual_seed if _has_accelerator() else torch.default_generator.manual_seed)(drawn)
    np.random.seed(drawn)  # noqa: NPY002 (what libraries draw from)
    random.seed(drawn)
