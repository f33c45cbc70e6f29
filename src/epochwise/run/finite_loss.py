"""A run whose loss is no number any more ends."""

from math import isfinite
from typing import Any

import lightning as L

from epochwise.run.best_row import best_row
from epochwise.run.epoch_log import EpochLog


class Diverged(SystemExit):
    """The loss is not finite: nothing that follows would be learned.

    Args:
        reason: which, when, and which checkpoints are good.
        rank: the process. The exit code is 1, on rank 0 alone: Lightning kills all ranks where one of the others ends
            with an error.
    """

    def __init__(self, reason: str, rank: int) -> None:
        super().__init__(1 if rank == 0 else 0)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class FiniteLoss(L.Callback):
    """End the run after an epoch whose training loss or monitored score is NaN or infinite.

    Its row is written, a checkpoint of it is not: Lightning calls checkpoint callbacks last.

    Args:
        epoch_log: has the rows.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
    """

    def __init__(self, epoch_log: EpochLog, monitor: str, mode: str) -> None:
        self.epoch_log, self.monitor, self.mode = epoch_log, monitor, mode

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        row = self.epoch_log.rows[-1]
        lost = [name for name in ("train/loss", self.monitor) if not _is_finite(row.get(name))]
        if lost:
            what = f"{lost[0]} became {row[lost[0]]} in epoch {trainer.current_epoch}"
            raise Diverged(f"{what}; {self._good(trainer)}; try a smaller optimizer.lr", trainer.global_rank)

    def _good(self, trainer: L.Trainer) -> str:
        """The checkpoints from before, by path and epoch."""
        best = best_row(self.epoch_log.rows, self.monitor, self.mode)
        paths = {getattr(callback, "best_model_path", None) or None for callback in trainer.checkpoint_callbacks}
        kept = [str(path) for path in paths if path and best]
        last = [path for callback in trainer.checkpoint_callbacks if (path := getattr(callback, "path", None))]
        said = [f"the best is {path} (epoch {best['epoch']})" for path in kept if best]
        said += [f"the last good one {path}" for path in last if path.exists()]
        return ", ".join(said) or "no checkpoint was written before"


def _is_finite(score: Any) -> bool:
    return not isinstance(score, (int, float)) or isfinite(score)
