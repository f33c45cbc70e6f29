"""A warm-up, a rate that stays, then a cool-down."""

from math import ceil, cos, pi
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from epochwise.epochs.plan import cooldown_start
from epochwise.source.fit import checked_arguments

#: progress of the cool-down, in [0, 1] -> what is left of the way from the peak to the final rate.
SHAPES = {
    "sqrt": lambda progress: 1 - progress**0.5,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: (1 + cos(pi * progress)) / 2,
}


class WSD(LambdaLR):
    """Raise the learning rate in a line from 0, hold it, and cool it down to the end (warm-up, stable, decay).

    Stepped every optimizer step. Until the cool-down nothing depends on the horizon, so it may begin whenever somebody
    asks for it (``cool_down``); left alone it begins in time to end with the horizon. What the rate is follows from the
    step and from that epoch alone.

    Args:
        optimizer: its groups' rates are the peak.
        max_epochs: the horizon: epochs until the end of the cool-down.
        steps_per_epoch: optimizer steps in an epoch; the program passes it.
        warmup_epochs: epochs of warm-up, in [0, max_epochs]; a fraction of an epoch will do.
        cooldown_fraction: epochs of cool-down over the epochs before it, above 0; at least one epoch.
        cooldown_shape: ``sqrt``: 1 - sqrt(progress), falls fast at first; ``linear``; ``cosine``.
        final_lr_scale: rate at the end over the peak, in [0, 1].

    Raises:
        ValueError: the warm-up is longer than the epochs before the cool-down.

    Source:
        Hu et al. 2024, https://arxiv.org/abs/2404.06395, section 4; shape and length: Hägele et al. 2024,
        https://arxiv.org/abs/2405.18392, section 3; Dremov et al. 2025, https://arxiv.org/abs/2508.01483.
    """

    @checked_arguments
    def __init__(
        self,
        optimizer: Optimizer,
        max_epochs: Annotated[int, Gt(0)],
        steps_per_epoch: Annotated[int, Gt(0)],
        warmup_epochs: Annotated[float, Ge(0)] = 1.0,
        cooldown_fraction: Annotated[float, Gt(0)] = 0.5,
        cooldown_shape: Literal["sqrt", "linear", "cosine"] = "sqrt",
        final_lr_scale: Annotated[float, Ge(0), Le(1)] = 0.0,
    ) -> None:
        self.max_epochs, self.cooldown_fraction, self.steps_per_epoch = max_epochs, cooldown_fraction, steps_per_epoch
        self.asked_epoch: int | None = None
        self.trained_epochs: int | None = None
        planned = self.cooldown_epochs[0]
        if warmup_epochs > max(planned, 1):
            raise ValueError(
                f"warmup_epochs={warmup_epochs} is longer than the {planned} epochs before the cool-down of a run of "
                f"{max_epochs}"
            )
        warmup_steps, left = warmup_epochs * steps_per_epoch, SHAPES[cooldown_shape]

        def scale(step: int) -> float:
            if step < warmup_steps:
                return (step + 1) / (warmup_steps + 1)
            start, end = self.cooldown_epochs
            progress = (step / steps_per_epoch - start) / (end - start)
            return final_lr_scale + (1 - final_lr_scale) * left(min(max(progress, 0.0), 1.0))

        super().__init__(optimizer, scale)

    @property
    def cooldown_epochs(self) -> tuple[int, int]:
        """The epoch with which the cool-down begins, from 0, and the number of epochs after which it is over."""
        if self.asked_epoch is None:
            return cooldown_start(self.max_epochs, self.cooldown_fraction), self.max_epochs
        trained = self.asked_epoch if self.trained_epochs is None else self.trained_epochs
        return self.asked_epoch, min(self.asked_epoch + ceil(trained * self.cooldown_fraction), self.max_epochs)

    @property
    def cooldown_begins(self) -> bool:
        """Whether the next step is the first of the cool-down."""
        return self.last_epoch == self.cooldown_epochs[0] * self.steps_per_epoch

    def cool_down(self, epoch: int | None, trained_epochs: int | None = None) -> None:
        """Cool down from an epoch on.

        Args:
            epoch: at least 1 and not after the planned one; ``None``: as planned.
            trained_epochs: that made the weights which are cooled, where they are fewer than ``epoch``: the cool-down
                is a fraction of these.
        """
        self.asked_epoch, self.trained_epochs = epoch, trained_epochs

    def state_dict(self) -> dict[str, Any]:
        """Without what the config says, which may change where a run goes on."""
        given = ("max_epochs", "cooldown_fraction", "steps_per_epoch")
        return {name: value for name, value in super().state_dict().items() if name not in given}
