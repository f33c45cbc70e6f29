"""A loss of one's own."""

from torch import Tensor
from torch.nn import functional as F


class Mine:
    """Your loss: as yet the distance, and what is guessed too low costs double."""

    def __call__(self, output: Tensor, y: Tensor) -> Tensor:
        return F.l1_loss(output, y) + F.relu(y - output).mean()
