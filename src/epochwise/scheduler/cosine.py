"""A warm-up, then half a cosine down."""

from math import cos, pi
from typing import Annotated

from annotated_types import Ge, Gt, Le
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from epochwise.source.fit import checked_arguments


class Cosine(LambdaLR):
    """Raise the learning rate in a line from 0, then lower it along half a cosine until the last step.

    Stepped every optimizer step. What it gives depends on the step alone.

    Args:
        optimizer: its groups' rates are the peak.
        max_epochs: the horizon: epochs until the end of the cosine.
        steps_per_epoch: optimizer steps in an epoch; the program passes it.
        warmup_epochs: epochs of warm-up, in [0, max_epochs]; a fraction of an epoch will do.
        final_lr_scale: rate of the last step over the peak, in [0, 1].

    Raises:
        ValueError: the warm-up is longer than the horizon.

    Source:
        Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5 without restarts; the warm-up: Goyal et
        al. 2017, https://arxiv.org/abs/1706.02677, section 2.2.
    """

    @checked_arguments
    def __init__(
        self,
        optimizer: Optimizer,
        max_epochs: Annotated[int, Gt(0)],
        steps_per_epoch: Annotated[int, Gt(0)],
        warmup_epochs: Annotated[float, Ge(0)] = 1.0,
        final_lr_scale: Annotated[float, Ge(0), Le(1)] = 0.0,
    ) -> None:
        if warmup_epochs > max_epochs:
            raise ValueError(f"warmup_epochs={warmup_epochs} is longer than the {max_epochs} epochs of the run")
        warmup_steps = warmup_epochs * steps_per_epoch
        decay_steps = max(max_epochs * steps_per_epoch - warmup_steps, 1)

        def scale(step: int) -> float:
            # Step 0 is the first one taken: a warm-up from exactly 0 would waste it.
            if step < warmup_steps:
                return (step + 1) / (warmup_steps + 1)
            progress = min((step - warmup_steps) / decay_steps, 1.0)
            return final_lr_scale + (1 - final_lr_scale) * (1 + cos(pi * progress)) / 2

        super().__init__(optimizer, scale)
