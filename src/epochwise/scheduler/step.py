"""A learning rate that falls in steps."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Gt, Le
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from epochwise.source.fit import checked_arguments


class Step(LambdaLR):
    """Lower the learning rate at given fractions of the run, so that a longer run drops later.

    Stepped every epoch. What it gives follows from the epoch alone; PyTorch's MultiStepLR multiplies what was there.

    Args:
        optimizer: its groups' rates are the first ones.
        max_epochs: the horizon, in epochs.
        drop_fractions: when to drop, as fractions of ``max_epochs`` in (0, 1); rounded to whole epochs.
        lr_scale: what a drop multiplies the rate by, in (0, 1].

    Raises:
        ValueError: a fraction is outside (0, 1).

    Source:
        He et al. 2015, https://arxiv.org/abs/1512.03385, section 4.2: a tenth at one half and three quarters.
    """

    @checked_arguments
    def __init__(
        self,
        optimizer: Optimizer,
        max_epochs: Annotated[int, Gt(0)],
        drop_fractions: Sequence[float] = (0.5, 0.75),
        lr_scale: Annotated[float, Gt(0), Le(1)] = 0.1,
    ) -> None:
        for fraction in drop_fractions:
            if not 0 < fraction < 1:
                raise ValueError(f"drop_fractions: got {fraction}, allowed: numbers between 0 and 1")
        # A drop before the first epoch would only be another learning rate.
        drops = [epoch for fraction in drop_fractions if (epoch := round(fraction * max_epochs)) > 0]
        super().__init__(optimizer, lambda epoch: lr_scale ** sum(epoch >= drop for drop in drops))
