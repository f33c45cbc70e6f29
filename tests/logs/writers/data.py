"""The data that the writers train on: so few and so noisy that a network begins to overfit within some epochs."""

import numpy as np


def noisy_classes(samples, features=20, noise=0.1, seed=0):
    """Two classes in Gaussian features, some labels turned over.

    Returns:
        Features ``[N, F]`` as float32 and labels ``[N]`` as int64, both the same for the same arguments.
    """
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(samples, features)).astype("float32")
    clear = (x[:, :5].sum(1) > 0).astype("int64")
    return x, np.where(draw.random(samples) < noise, 1 - clear, clear)


def halves(samples=600, **options):
    """Training and validation data, half of the samples each: ``x_train, y_train, x_val, y_val``."""
    x, y = noisy_classes(samples, **options)
    half = samples // 2
    return x[:half], y[:half], x[half:], y[half:]
