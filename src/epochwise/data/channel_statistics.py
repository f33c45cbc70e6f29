"""Mean and standard deviation of each channel, for normalising."""

from typing import Any

import torch
from torchvision.transforms.v2 import functional


def channel_statistics(x: Any, max_samples: int | None = None) -> dict[str, list[float]]:
    """Mean and standard deviation of each channel, or feature, over samples and places.

    Args:
        x: N samples; ``x[list of indices]`` is a tensor (B, C, ...), uint8 in 0 to 255 or float.
        max_samples: look at no more than so many, evenly spaced; all of them by default.

    Returns:
        ``mean`` and ``std``, C values each, of uint8 divided by 255 and of floats as they are. A channel that never
        changes has ``std`` 1, so that it can be divided by.
    """
    step = 1 if max_samples is None else max(1, -(-len(x) // max_samples))
    indices = list(range(0, len(x), step))
    means, variances, weights = [], [], []
    for start in range(0, len(indices), 256):
        batch = functional.to_dtype(x[indices[start : start + 256]], torch.float32, scale=True)
        variance, mean = torch.var_mean(batch.transpose(0, 1).flatten(1), dim=1, correction=0)
        means.append(mean.double())
        variances.append(variance.double())
        weights.append(len(batch))
    weight = torch.tensor(weights, dtype=torch.float64)[:, None] / len(indices)
    mean = (weight * torch.stack(means)).sum(0)
    # The variance of the whole: the mean of the variances within the parts and the variance between their means.
    variance = (weight * (torch.stack(variances) + (torch.stack(means) - mean).square())).sum(0)
    std = variance.sqrt()
    return {"mean": mean.tolist(), "std": torch.where(std > 1e-8, std, 1.0).tolist()}
