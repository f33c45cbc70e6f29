"""torchvision's ResNets, also for small pictures."""

from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Gt
from torch import nn
from torchvision import models

SMALL_PICTURE_PX = 64


class ResNet(models.ResNet):
    """torchvision's ResNet of 18, 34 or 50 layers with a stem that fits the pictures.

    The ImageNet stem (7x7 convolution of stride 2, then a pooling of stride 2) leaves 2x2 of an 8x8 picture before the
    first block. Below 64 px it is replaced by one 3x3 convolution of stride 1, as the paper does for CIFAR-10. Each
    block begins as the identity (Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1).

    Args:
        input_shape: (C, H, W) of one picture.
        num_outputs: number of classes, or 1 for a regression.
        depth: number of layers: 18, 34 or 50.

    Raises:
        ValueError: the input is no picture.

    Source:
        He et al. 2015, https://arxiv.org/abs/1512.03385, table 1 and section 4.2.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        depth: Literal[18, 34, 50] = 18,
    ) -> None:
        if len(input_shape) != 3:
            raise ValueError(
                f"a resnet takes pictures of shape (C, H, W), these samples are {tuple(input_shape)}; use mlp"
            )
        block = models.resnet.Bottleneck if depth == 50 else models.resnet.BasicBlock
        layers = [2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]
        super().__init__(block, layers, num_classes=num_outputs, zero_init_residual=True)
        #: The name under which torchvision publishes weights.
        self.published = f"resnet{depth}"
        channels, height, width = input_shape
        if min(height, width) < SMALL_PICTURE_PX:
            self.conv1 = nn.Conv2d(channels, 64, kernel_size=3, padding=1, bias=False)
            self.maxpool = nn.Identity()
        elif channels != 3:
            self.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        # As torchvision draws all of its convolutions; a new one would have torch's own, smaller weights.
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
