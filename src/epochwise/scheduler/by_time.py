"""A schedule that is gone through as the time of a run passes."""

import sys
from math import ceil
from typing import Any

import lightning as L

from epochwise.run.training_clock import training_clock


class ByTime(L.Callback):
    """Go through a schedule with the time where ``trainer.max_time`` may end the run before its epochs do.

    After a third of the time the schedule stands at a third of ``trainer.max_epochs``, or further where more of the
    epochs than of the time have passed: whichever ends the run, the schedule ends with it. Its epochs are then shares
    of the time: of 90 minutes and 30 epochs, ``warmup_epochs: 1`` are three minutes. The clock is that of
    ``trainer.max_time``, of rank 0, and goes on where a run does.
    """

    def __init__(self) -> None:
        self.cooldown_epoch: int | None = None

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        trainer.lr_scheduler_configs[0].frequency = sys.maxsize  # stepped here alone
        if trainer.global_step:  # in a run that goes on, maybe with epochs of another length
            taken = trainer.fit_loop.epoch_loop.batch_progress.current.completed
            self._go_on(trainer, pl_module, taken % int(trainer.num_training_batches))  # 0 behind a whole epoch

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._go_on(trainer, pl_module, batch_idx + 1)

    def _go_on(self, trainer: L.Trainer, pl_module: L.LightningModule, batches: int) -> None:
        """Step the schedule as far as the run has come, with so many batches of its epoch."""
        by_step = trainer.lr_scheduler_configs[0].interval == "step"
        over, accumulated = batches == trainer.num_training_batches, trainer.accumulate_grad_batches
        an_epoch = ceil(trainer.num_training_batches / accumulated) if by_step else 1
        # Not the run's steps: epochs before may have had another number of them.
        taken = trainer.current_epoch * an_epoch + (an_epoch if over else batches // accumulated * by_step)
        points = (trainer.max_epochs or 1) * an_epoch
        # The last point is that of the last step: there is none after it.
        due = trainer.strategy.broadcast(min(max(taken, int(points * _share(trainer))), points - 1))
        schedule: Any = pl_module.lr_schedulers()
        while schedule.last_epoch < due:
            schedule.step()
            if getattr(schedule, "cooldown_begins", False):
                self.cooldown_epoch = trainer.current_epoch + over  # with the next step

    def events(self, epoch: int) -> list[str]:
        """``cooldown`` for the epoch in which that of the schedule began, if it has one."""
        return ["cooldown"] * (epoch == self.cooldown_epoch)


def _share(trainer: L.Trainer) -> float:
    """Of the time, in [0, 1], how much is over."""
    clock = training_clock(trainer)
    assert clock is not None  # there is a bound, or this schedule would not be here
    elapsed, left = clock.time_elapsed(), clock.time_remaining()
    return 1.0 if left is None or left <= 0 else elapsed / (elapsed + left)
