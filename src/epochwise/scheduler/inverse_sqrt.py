"""A warm-up, then a rate that falls with the root of the steps, without an end."""

from typing import Annotated

from annotated_types import Gt
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from epochwise.source.fit import checked_arguments


class InverseSqrt(LambdaLR):
    """Raise the learning rate in a line from 0, then let it fall as 1 / sqrt(step).

    Stepped every optimizer step. It has no horizon: the rate of an epoch is the same however many follow.

    Args:
        optimizer: its groups' rates are the peak, at the end of the warm-up.
        steps_per_epoch: optimizer steps in an epoch; the program passes it.
        warmup_epochs: epochs of warm-up, above 0; after four times as many the rate is half of its peak.

    Source:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 5.3.
    """

    @checked_arguments
    def __init__(
        self,
        optimizer: Optimizer,
        steps_per_epoch: Annotated[int, Gt(0)],
        warmup_epochs: Annotated[float, Gt(0)] = 1.0,
    ) -> None:
        warmup_steps = warmup_epochs * steps_per_epoch

        def scale(step: int) -> float:
            done = (step + 1) / (warmup_steps + 1)
            return float(min(done, done**-0.5))

        super().__init__(optimizer, scale)
