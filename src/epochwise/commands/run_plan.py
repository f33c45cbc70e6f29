"""What a run will do, from its objects."""

from dataclasses import asdict
from typing import Any

import numpy as np

from epochwise.commands.assemble import Run
from epochwise.commands.schedule_rates import schedule_rates
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
    points = min(steps_per_epoch, 20)
    if points * max_epochs > MOST_POINTS:
        return None, 1
    rates, points = schedule_rates(task.make_optimizer, task.make_scheduler, max_epochs, points)
    return np.array(rates) if rates else None, points
