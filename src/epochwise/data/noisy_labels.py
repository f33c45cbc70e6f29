"""Labels that are wrong on purpose, to see what they do to training."""

from dataclasses import replace

import numpy as np

from epochwise.data.samples import Samples
from epochwise.input_error import InputError


def noisy_labels(samples: Samples, share: float, seed: int) -> Samples:
    """Draw some of the labels anew, evenly over all classes, so that one in C stays right by chance.

    Args:
        samples: with classes.
        share: of the labels that are drawn anew, in [0, 1]; more of them include those of fewer.
        seed: of the draw.

    Raises:
        InputError: the targets are numbers.

    Source:
        Zhang et al. 2017, https://arxiv.org/abs/1611.03530, section 2.1: partially corrupted labels.
    """
    if samples.class_names is None:
        raise InputError(f"data.label_noise: got {share}, but the targets are numbers; allowed: 0.0")
    rng = np.random.default_rng(seed)
    changed = rng.random(len(samples)) < share
    return replace(samples, y=np.where(changed, rng.integers(0, len(samples.class_names), len(samples)), samples.y))
