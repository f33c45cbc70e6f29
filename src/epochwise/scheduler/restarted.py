"""One schedule after another."""

from collections.abc import Callable
from typing import Annotated, Any

from annotated_types import Gt
from torch import nn, zeros
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from epochwise.scheduler.made_alone import goes_by_step


class Restarted(LambdaLR):
    """Follow one schedule to its end, then another from its beginning, as a run that was given more epochs may.

    Stepped every optimizer step. What it gives depends on the step alone.

    Args:
        optimizer: its groups' rates are the peak of both.
        first: makes the schedule that comes first, as a LambdaLR.
        then: makes the one that follows, as a LambdaLR.
        restart_at_epoch: epochs that the first one has.
        steps_per_epoch: optimizer steps in an epoch; the program passes it.

    Raises:
        ValueError: one of them is no LambdaLR, whose rates depend on its state.

    Source:
        Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, section 3: warm restarts.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        first: Callable[..., Any],
        then: Callable[..., Any],
        restart_at_epoch: Annotated[int, Gt(0)],
        steps_per_epoch: Annotated[int, Gt(0)],
    ) -> None:
        scales = [_scale(make, steps_per_epoch) for make in (first, then)]
        restart_at = restart_at_epoch * steps_per_epoch

        def scale(step: int) -> float:
            return scales[0](step) if step < restart_at else scales[1](step - restart_at)

        super().__init__(optimizer, scale)


def _scale(make: Callable[..., Any], steps_per_epoch: int) -> Callable[[int], float]:
    """(step) -> rate over the peak."""
    by_step = goes_by_step(make)
    # On an optimizer of its own: made on the real one, it would set its rates.
    schedule = make(SGD([nn.Parameter(zeros(1))], lr=1.0), **({"steps_per_epoch": steps_per_epoch} if by_step else {}))
    if not by_step or not isinstance(schedule, LambdaLR):
        raise ValueError(f"{type(schedule).__name__} cannot be restarted; allowed: a LambdaLR by steps, such as Cosine")
    found: Callable[[int], float] = schedule.lr_lambdas[0]
    return found
