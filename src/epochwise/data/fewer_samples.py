"""Fewer samples to learn from."""

import numpy as np

from epochwise.data.samples import Samples
from epochwise.input_error import InputError


def fewer_samples(samples: Samples, most: int, seed: int) -> Samples:
    """Keep some of the samples, each class in its proportion.

    Fewer of them are always among more: what a learning curve adds are samples, not another draw.

    Args:
        samples: N of them.
        most: how many to keep, at least one a class; all where there are no more.
        seed: of the draw.

    Raises:
        InputError: fewer than there are classes.
    """
    classes = len(samples.class_names or [])
    if most < classes:
        raise InputError(f"data.max_train_samples: got {most}, allowed: at least one for each of {classes} classes")
    order = np.random.default_rng(seed).permutation(len(samples))
    if classes:
        # The n-th of a class of c stands at (n + 1/2) / c of the way; the first one before all others.
        place = np.empty(len(samples))
        for label in range(classes):
            own = order[samples.y[order] == label]
            place[own] = (np.arange(len(own)) + 0.5) / max(len(own), 1) * (np.arange(len(own)) > 0)
        order = order[np.argsort(place[order], kind="stable")]
    return samples.take(np.sort(order[:most]))
