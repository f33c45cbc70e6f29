"""Who ended a run that was not to end yet."""

import dis
from datetime import timedelta
from types import CodeType
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

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
