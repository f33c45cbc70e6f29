"""A small convolutional network."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge, Gt, Lt, MinLen
from torch import Tensor, nn


class CNN(nn.Module):
    """Blocks of two 3x3 convolutions, each with BatchNorm and ReLU, halving the picture between blocks.

    Args:
        input_shape: (C, H, W) of one picture; H and W at least ``2 ** (len(channels) - 1)``.
        num_outputs: number of classes, or 1 for a regression.
        channels: width of each block, in channels.
        dropout: fraction of the pooled features left out in training, in [0, 1).

    Raises:
        ValueError: the input is no picture, or too small to be halved that often.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        channels: Annotated[Sequence[Annotated[int, Gt(0)]], MinLen(1)] = (32, 64, 128),
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.0,
    ) -> None:
        super().__init__()
        if len(input_shape) != 3:
            raise ValueError(
                f"a cnn takes pictures of shape (C, H, W), these samples are {tuple(input_shape)}; use mlp"
            )
        if min(input_shape[1:]) < 2 ** (len(channels) - 1):
            raise ValueError(f"{len(channels)} blocks are too many for pictures of {input_shape[1]}x{input_shape[2]}")
        blocks: list[nn.Module] = []
        width = input_shape[0]
        for index, block_width in enumerate(channels):
            if index > 0:
                blocks.append(nn.MaxPool2d(2))
            for size_in in (width, block_width):
                blocks += [
                    nn.Conv2d(size_in, block_width, 3, padding=1, bias=False),
                    nn.BatchNorm2d(block_width),
                    nn.ReLU(),
                ]
            width = block_width
        self.body = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout))
        self.head = nn.Linear(width, num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, num_outputs) logits or numbers."""
        out: Tensor = self.head(self.body(x))
        return out
