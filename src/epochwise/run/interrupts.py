"""Runs that end before their time: on request, or since the loss is no number any more."""

import os
import signal
from math import isfinite
from pickle import UnpicklingError
from traceback import walk_tb
from types import FrameType
from typing import Any, NoReturn

import lightning as L

from epochwise.run.end_signals import SIGNALS, EndRequests
from epochwise.run.epoch_log import EpochLog
from epochwise.run.epochs_csv import best_row
from epochwise.run.write_checkpoint import wait_for_checkpoints

LOADER = "torch.utils.data.dataloader"


class Interrupted(SystemExit):
    """A run that was asked to end, and has saved what it needs to go on.

    Args:
        signum: which signal asked. The exit code is 128 and its number, as a shell has it, on rank 0 alone: Lightning
            kills all ranks where one of the others ends with an error.
        rank: the process.
    """

    def __init__(self, signum: int, rank: int) -> None:
        super().__init__(128 + signum if rank == 0 else 0)
        self.signum = signum

    def __str__(self) -> str:
        return signal.Signals(self.signum).name


class Interrupts(L.Callback):
    """On SIGINT, SIGTERM or SIGUSR1 finish the step, save a checkpoint and end; on a second request end at once.

    All ranks end after the same step; they ask each other once an execution (``loops.executions``). Checkpoint
    callbacks with a ``save`` are asked to. It hears from ``listen`` until ``leave``.
    """

    def __init__(self) -> None:
        self.requests = EndRequests()
        self.seen_step = -1
        self.before = {signum: signal.getsignal(signum) or signal.SIG_DFL for signum in SIGNALS}
        # A library may swallow what interrupts it while it is imported: the run was asked to end all the same.
        earlier = (getattr(handler, "requests", self.requests).first for handler in self.before.values())
        self.told = self.asked = next(filter(None, earlier), 0)

    def leave(self) -> None:
        """Put back what heard the signals before."""
        for signum, handler in self.before.items():
            signal.signal(signum, handler)

    def on_sanity_check_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.listen()
        self._end_if_asked(trainer)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.seen_step = trainer.global_step
        self.listen()
        self._end_if_asked(trainer)

    def on_test_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.listen()

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        stepped, self.seen_step = trainer.global_step > self.seen_step, trainer.global_step
        # A checkpoint holds no gradients: within an accumulated step the run goes on to its end.
        if (batch_idx > 0 and not stepped) or not _begins_execution(trainer) or not self._asked(trainer):
            return
        if batch_idx > 0:  # else the end of the epoch has saved
            for callback in trainer.checkpoint_callbacks:
                if hasattr(callback, "save"):
                    callback.save(trainer)
        self._end(trainer)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._end_if_asked(trainer)

    def on_test_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self._end_if_asked(trainer)

    def _end_if_asked(self, trainer: L.Trainer) -> None:
        if self._asked(trainer):
            self._end(trainer)

    def _end(self, trainer: L.Trainer) -> NoReturn:
        wait_for_checkpoints(trainer)
        raise Interrupted(self.asked, trainer.global_rank)

    def _asked(self, trainer: L.Trainer) -> bool:
        asked = trainer.strategy.reduce_boolean_decision(bool(self.asked), all=False)
        self.asked = self.asked or (signal.SIGTERM if asked else 0)
        return asked

    def explains(self, error: BaseException) -> bool:
        """Whether an error follows from what asked the run to end: told with their group, data workers go at once.

        torch says so where it finds one gone; where one goes while its batch is taken over, it is whatever a connection
        that breaks raises.
        """
        if not self.asked:
            return False
        if isinstance(error, RuntimeError):
            return str(error).startswith("DataLoader worker")
        modules = (frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__))
        return isinstance(error, (OSError, EOFError, UnpicklingError)) and LOADER in modules

    def listen(self) -> None:
        """Hear the signals, until ``leave``."""
        # Each time anew: Lightning puts a handler of its own before ours, which ends the run without saving, and where
        # it ends a stage puts back what heard them when that began.
        for signum in SIGNALS:
            signal.signal(signum, self._hear)

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        # One rank may know of another's signal before its own comes: that is no second request.
        if self.requests.add(signum) and self.told:
            os._exit(128 + signum)
        self.told = self.asked = self.requests.first


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
        wait_for_checkpoints(trainer)
        best = best_row(self.epoch_log.rows, self.monitor, self.mode)
        paths = {getattr(callback, "best_model_path", None) or None for callback in trainer.checkpoint_callbacks}
        kept = [str(path) for path in paths if path and best]
        last = [path for callback in trainer.checkpoint_callbacks if (path := getattr(callback, "path", None))]
        said = [f"the best is {path} (epoch {best['epoch']})" for path in kept if best]
        said += [f"the last good one {path}" for path in last if path.exists()]
        return ", ".join(said) or "no checkpoint was written before"


def _is_finite(score: Any) -> bool:
    return not isinstance(score, (int, float)) or isfinite(score)


def _begins_execution(trainer: Any) -> bool:
    """Whether the batch that starts is the first of an execution, before which processes agree."""
    loop = getattr(trainer, "fit_loop", None)
    return bool(getattr(loop and loop.epoch_loop, "begins", True))
