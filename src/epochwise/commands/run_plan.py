"""What a run will do, from its objects."""

import inspect
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from epochwise.commands.assemble import Run
from epochwise.epochs.landmarks import landmarks
from epochwise.epochs.plan import plan_epochs
from epochwise.finetune.table import table

MOST_POINTS = 20_000  # of a schedule that is run through; 20 an epoch


def run_plan(run: Run) -> dict[str, Any] | None:
    """Count what a run will do and find where its schedule turns, before the first step.

    Args:
        run: assembled.

    Returns:
        The fields of ``Plan``, ``landmarks`` and, where layers are frozen or have rates of their own, ``finetune``
        (``finetune.table``), as plain values; ``None`` where the number of epochs has no bound or
        the data module does not say its batch size.
    """
    trainer: Any = run.trainer  # its limits are set on the instance
    data: Any = run.data
    if not trainer.max_epochs or trainer.max_epochs < 0 or not hasattr(data, "batch_size"):
        return None
    plan = plan_epochs(
        data.num_samples["train"],
        data.batch_size,
        trainer.max_epochs,
        trainer.world_size,
        trainer.accumulate_grad_batches,
        data.drop_last,
        trainer.limit_train_batches,
        trainer.max_steps,
    )
    rates, points = _rates(run.task, trainer.max_epochs, plan.steps_per_epoch)
    found = [] if rates is None else landmarks(rates, points, plan.steps_per_epoch)
    planned = asdict(plan) | {"landmarks": [asdict(landmark) for landmark in found if landmark.step <= plan.steps]}
    bound = getattr(run.finetune, "bound", None)
    return planned | ({"finetune": table(bound, None if rates is None else rates[::points])} if bound else {})


def _rates(task: Any, max_epochs: int, steps_per_epoch: int) -> tuple[np.ndarray | None, int]:
    """The rates of a run and how many of them an epoch has; ``None`` where they are not known before it."""
    if not hasattr(task, "make_scheduler") or steps_per_epoch == 0:
        return None, 1
    by_step = "steps_per_epoch" in inspect.signature(task.make_scheduler).parameters
    # A schedule by steps has the same shape over fewer of them.
    points = min(steps_per_epoch, 20) if by_step else 1
    if points * max_epochs > MOST_POINTS:
        return None, 1
    optimizer = task.make_optimizer([nn.Parameter(torch.zeros(2, 2))])
    schedule = task.make_scheduler(optimizer, **({"steps_per_epoch": points} if by_step else {}))
    if isinstance(schedule, ReduceLROnPlateau):  # what it does follows from the scores
        return None, 1
    rates = []
    for _ in range(points * max_epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return np.array(rates), points
