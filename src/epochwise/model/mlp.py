"""A multi-layer perceptron."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Annotated

from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU and dropout between them, over the flattened input.

    Args:
        input_shape: shape of one sample, such as (C, H, W) or (F,).
        num_outputs: number of classes, or 1 for a regression.
        hidden_sizes: width of each hidden layer, in units.
        dropout: fraction of the hidden units left out in training, in [0, 1).

    Source:
        dropout: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html, section 4.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        hidden_sizes: Sequence[Annotated[int, Gt(0)]],
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.0,
    ) -> None:
        super().__init__()
        sizes = [prod(input_shape), *hidden_sizes]
        layers: list[nn.Module] = [nn.Flatten()]
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), nn.ReLU(), nn.Dropout(dropout)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, *input_shape) to (B, num_outputs) logits or numbers."""
        out: Tensor = self.head(self.body(x))
        return out
