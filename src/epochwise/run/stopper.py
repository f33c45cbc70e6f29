"""What ends training."""

import dis
from datetime import timedelta
from math import inf
from types import CodeType
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason


def training_clock(trainer: L.Trainer) -> Timer | None:
    """Lightning's Timer, which ``trainer.max_time`` sets going and checkpoints keep; ``None`` without one."""
    callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
    return next((callback for callback in callbacks if isinstance(callback, Timer)), None)


class EpochCount(L.Callback):
    """Let a run that is bounded by steps go on behind an epoch as one that is bounded by epochs does.

    Lightning (2.6) takes a checkpoint of an epoch's end for one within that epoch wherever ``max_steps`` is set: it
    would end the epoch once more, without a batch, and give its number to the next one. It leans on the loops'
    bookkeeping of restarts.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loop: Any = trainer.fit_loop
        if loop.restarted_on_epoch_end:
            for part in (loop, loop.epoch_loop, loop.epoch_loop.val_loop):
                part._restarting = False
            loop.update_restart_stage()
            loop.epoch_progress.increment_completed()
        loop.epoch_progress.current.completed = loop.epoch_progress.current.processed


class Pace:
    """Seconds an epoch takes, by the clock that ``trainer.max_time`` sets going.

    Measured anew wherever a run goes on, since that may be on another machine. The clock itself goes on with the run:
    Lightning keeps it in the checkpoints.
    """

    def __init__(self) -> None:
        self.since = (0, 0.0)  # epochs, seconds

    def begin(self, trainer: L.Trainer) -> None:
        """Measure from here on."""
        timer = training_clock(trainer)
        self.since = (trainer.current_epoch, timer.time_elapsed() if timer else 0.0)

    def epochs_in_time(self, trainer: L.Trainer) -> float:
        """At the end of an epoch: how many the run can have in all before its time is over; infinite without one."""
        timer = training_clock(trainer)
        left = timer.time_remaining() if timer else None
        if timer is None or left is None:
            return inf
        count, (epochs, seconds) = trainer.current_epoch + 1, self.since
        seconds_per_epoch = (timer.time_elapsed() - seconds) / (count - epochs)
        return count + max(left, 0.0) / seconds_per_epoch


LIBRARIES = ("lightning.", "epochwise.")


class Stopper(L.Callback):
    """Find who set ``trainer.should_stop``, and keep a run that was ended so ended where it is continued unchanged.

    A part that has a ``reason`` of its own says it itself, and ``trainer.max_time`` is a budget.

    Args:
        settings: of the callbacks. With others, or with another ``trainer.max_epochs``, a run that was ended goes on.
        max_time: the Trainer's, which makes a Timer of its own.
        keeps_ended: whether a run that was ended stays so; else why it was ended is found, and no more.
    """

    def __init__(self, settings: Any, max_time: str | None, keeps_ended: bool = True) -> None:
        self.settings, self.max_time, self.keeps_ended = settings, max_time, keeps_ended
        self.reason: str | None = None
        self.asked: Any = []  # settings and epochs of the run when it was ended
        self.first_epoch = 0  # of this life of the run
        self.ended_epoch: int | None = None  # where none is under way

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.first_epoch = trainer.current_epoch
        if self.keeps_ended and self.reason and self.asked == [self.settings, trainer.max_epochs]:
            trainer.should_stop = True
        else:
            self.reason = None
            if trainer.should_stop:
                self._find(trainer, f"before epoch {self.first_epoch}")

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.ended_epoch = None

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.ended_epoch = trainer.current_epoch

    # Lightning's EarlyStopping comes after all others, with the checkpoints.
    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self._look(trainer)
        checkpoint["stopper"] = {"reason": self.reason, "asked": self.asked}

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        kept = checkpoint.get("stopper")
        if isinstance(kept, dict):
            self.reason, self.asked = kept.get("reason"), kept.get("asked")

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._look(trainer)

    def _look(self, trainer: L.Trainer) -> None:
        epoch = self.ended_epoch
        if epoch is None or not trainer.should_stop or self.reason:
            return
        if _may_stop(trainer, epoch + 1) and not _is_whole(trainer, epoch + 1):
            self._find(trainer, f"in epoch {epoch}")

    def _find(self, trainer: L.Trainer, when: str) -> None:
        parts: list[Any] = [*trainer.callbacks, trainer.lightning_module]  # type: ignore[attr-defined]  # on the instance
        if not any(getattr(part, "reason", None) for part in parts) and (who := self._who(parts)):
            self.reason = f"{who[0]} {when}: {who[1]}"
            self.asked = [self.settings, trainer.max_epochs]

    def _who(self, parts: list[Any]) -> tuple[str, str] | None:
        """Name of a class and why it stopped the run; ``None`` where ``max_time`` did."""
        for part in parts:
            name = type(part).__name__
            if isinstance(part, EarlyStopping) and self._stopped(part):
                said = str(part.stopping_reason_message).removesuffix(" Signaling Trainer to stop.")
                return name, said.rstrip(".")
            if isinstance(part, Timer) and (part.time_remaining() or 0) <= 0 and part._duration is not None:
                return None if self.max_time else (name, f"its {timedelta(seconds=part._duration)} were over")
        # Those whose code does it; where none is seen, those that are no library's may have had it done.
        own = [part for part in parts if not type(part).__module__.startswith(LIBRARIES)]
        found = [part for part in parts if _sets_should_stop(part)] or own
        return " or ".join(dict.fromkeys(type(part).__name__ for part in found)), "it set trainer.should_stop"

    def _stopped(self, stopping: EarlyStopping) -> bool:
        """Whether it did in this life of the run: its state keeps the reason of one before."""
        found = stopping.stopping_reason != EarlyStoppingReason.NOT_STOPPED
        return found and stopping.stopped_epoch >= self.first_epoch


def _may_stop(trainer: L.Trainer, count: int) -> bool:
    """Whether ``trainer.min_epochs`` and ``min_steps`` let it end after so many epochs."""
    return count >= (trainer.min_epochs or 0) and trainer.global_step >= (trainer.min_steps or 0)


def _is_whole(trainer: L.Trainer, count: int) -> bool:
    """Whether nothing is left to train after so many epochs, all batches of the last one included."""
    batches = trainer.fit_loop.epoch_loop.batch_progress.current.completed
    return count >= (trainer.max_epochs or 0) >= 0 and batches >= trainer.num_training_batches


def _sets_should_stop(part: Any) -> bool:
    own = [one for one in type(part).__mro__ if not f"{one.__module__}.".startswith((*LIBRARIES, "builtins."))]
    values = [value for one in own for value in vars(one).values()] + list(vars(part).values())
    codes = (getattr(getattr(value, "__func__", value), "__code__", None) for value in values)
    return any(isinstance(code, CodeType) and _stores(code) for code in codes)


def _stores(code: CodeType) -> bool:
    if any(one.opname == "STORE_ATTR" and one.argval == "should_stop" for one in dis.get_instructions(code)):
        return True
    return any(_stores(inner) for inner in code.co_consts if isinstance(inner, CodeType))
