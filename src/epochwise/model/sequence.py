"""What networks of sequences share: how samples come in, and how one answer is made of many steps."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def embedding(kind: str, input_shape: Sequence[int], num_tokens: int, width: int) -> nn.Module:
    """The first layer: a row of numbers for each token, or a linear map of each step of a series.

    Args:
        kind: of the network, for messages.
        input_shape: of one sample: (T,) for tokens, (T, F) for a series.
        num_tokens: size of the vocabulary; 0 for a series.
        width: numbers for each step that come out.

    Returns:
        Maps (B, T) tokens or a (B, T, F) series to (B, T, width).

    Raises:
        ValueError: the samples are no sequences.
    """
    if len(input_shape) != (1 if num_tokens else 2):
        other = "mlp" if len(input_shape) == 1 else "cnn or timm"
        raise ValueError(
            f"a {kind} takes tokens or series of shape (T, F), these samples are {tuple(input_shape)}; use {other}"
        )
    if not num_tokens:
        return nn.Linear(input_shape[1], width)
    rows = nn.Embedding(num_tokens, width)
    nn.init.normal_(rows.weight, std=width**-0.5)  # rows of length 1; torch's own are as long as the width's root
    return rows


def kept_steps(x: Tensor, pad_id: int) -> Tensor:
    """Which steps are a sample's own and no padding.

    Args:
        x: (B, T) tokens, padded at the end, or a (B, T, F) series, which is never padded.
        pad_id: the token of padding.

    Returns:
        (B, T) of bool.
    """
    return x != pad_id if x.ndim == 2 else torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)


def pool(hidden: Tensor, kept: Tensor, pooling: str) -> Tensor:
    """One vector for each sample, from those of its own steps.

    Args:
        hidden: (B, T, F).
        kept: (B, T), see ``kept_steps``.
        pooling: ``"mean"`` of the steps, or the ``"last"`` one.

    Returns:
        (B, F). Of a sample without a step the mean is 0, and the last one is the first of its padding.
    """
    lengths = kept.sum(dim=1, keepdim=True)
    if pooling == "mean":
        return (hidden * kept[..., None]).sum(dim=1) / lengths.clamp(min=1)
    last = (lengths - 1).clamp(min=0)[..., None].expand(-1, -1, hidden.shape[-1])
    return hidden.gather(1, last).squeeze(1)
