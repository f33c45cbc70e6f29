"""A residual network for small pictures and short waits."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from annotated_types import Ge, Gt, MinLen
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock


class SmallResNet(nn.Module):
    """The ResNet of its paper's CIFAR-10: a 3x3 stem, then stages that double the width and halve the picture.

    The defaults make 8 layers of 78,000 parameters, ``blocks_per_stage`` 3 those of ResNet-20.

    Args:
        input_shape: (C, H, W) of one picture.
        num_outputs: number of classes, or 1 for a regression.
        widths: channels of each stage.
        blocks_per_stage: of two convolutions each.

    Raises:
        ValueError: the input is no picture.

    Source:
        He et al. 2015, https://arxiv.org/abs/1512.03385, section 4.2; a projection where the width changes (option B).
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        widths: Annotated[Sequence[Annotated[int, Gt(0)]], MinLen(1)] = (16, 32, 64),
        blocks_per_stage: Annotated[int, Ge(1)] = 1,
    ) -> None:
        super().__init__()
        if len(input_shape) != 3:
            raise ValueError(
                f"a resnet takes pictures of shape (C, H, W), these samples are {tuple(input_shape)}; use mlp"
            )
        self.stem = _conv_and_norm(input_shape[0], widths[0], kernel_size=3, stride=1)
        self.stem.append(nn.ReLU())
        for index, (width_in, width) in enumerate(pairwise((widths[0], *widths))):
            stride = 1 if index == 0 else 2
            project = _conv_and_norm(width_in, width, kernel_size=1, stride=stride) if index > 0 else None
            blocks = [BasicBlock(width_in, width, stride, project)]
            blocks += [BasicBlock(width, width) for _ in range(blocks_per_stage - 1)]
            self.add_module(f"stage{index + 1}", nn.Sequential(*blocks))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(widths[-1], num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, num_outputs) logits or numbers."""
        for layers in self.children():  # in the order they were added
            x = layers(x)
        return x


def _conv_and_norm(channels_in: int, channels: int, kernel_size: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(channels_in, channels, kernel_size, stride, padding=kernel_size // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(channels))
