"""Whether a score has levelled off, and the phases that wait for it."""

from typing import Literal

import lightning as L

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.stopping.monitored_score import monitored_score


class Plateau:
    """The scores of a run by epoch, and whether they still improve.

    Args:
        monitor: name of the score.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement that make a plateau, at least 1.
        min_delta: an improvement is larger than this, in the unit of the score.
    """

    def __init__(self, monitor: str, mode: Literal["min", "max"], patience: int, min_delta: float) -> None:
        self.monitor, self.mode, self.patience, self.min_delta = monitor, mode, patience, min_delta
        self.scores: dict[int, float] = {}

    def observe(self, trainer: L.Trainer) -> None:
        """Take the score of the epoch that is under way.

        Raises:
            InputError: it is not among what was logged.
        """
        score = monitored_score(trainer, self.monitor, "finetune.monitor")
        if score is not None:
            self.scores[trainer.current_epoch] = score

    def reached(self, since_epoch: int) -> bool:
        """Whether the latest score lies at least ``patience`` epochs behind the best one since an epoch.

        NaN is no improvement.
        """
        best, best_epoch, latest = float("inf"), since_epoch - 1, since_epoch - 1
        for epoch in sorted(epoch for epoch in self.scores if epoch >= since_epoch):
            loss, latest = self.scores[epoch] if self.mode == "min" else -self.scores[epoch], epoch
            if best - loss > self.min_delta:
                best, best_epoch = loss, epoch
        return latest - best_epoch >= self.patience

    def begin_waiting(self, plan: BoundPlan, trainer: L.Trainer) -> None:
        """Let the phase that waits begin with the next epoch, where a plateau was reached in the one before it."""
        epoch = trainer.current_epoch
        waiting = plan.waiting_at(epoch)
        if waiting is not None and epoch in self.scores:
            reached = self.reached(plan.starts[waiting - 1] or 0)
            if trainer.strategy.reduce_boolean_decision(reached, all=False):
                plan.begin(waiting, epoch + 1)
