"""How far the run is, and how long it will take."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import ProgressBar as LightningProgressBar
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class ProgressBar(LightningProgressBar):
    """One bar for the whole run, with the time that is left at this pace, and one line an epoch above it.

    Below the first of them stands how long all of them would take.

    Where the output is no terminal (a log file, a cluster) only the lines are printed.

    Args:
        refresh_per_second: how often the bar is drawn.
    """

    def __init__(self, refresh_per_second: float = 4.0) -> None:
        super().__init__()
        self.console = Console()
        self.refresh_per_second = refresh_per_second
        self.progress: Progress | None = None
        self.enabled = True
        self.validated = False
        self.started: float | None = None
        self.batches, self.moved = 0, 0.0  # that the bar has yet to go, and when it went last

    def disable(self) -> None:
        self.enabled = False

    def enable(self) -> None:
        self.enabled = True

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print above the bar."""
        self.console.print(*args, **kwargs)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # A run that goes on may be within an epoch, whose pace would be too fast.
        self.started = None if trainer.ckpt_path else perf_counter()
        if not self.enabled or not self.console.is_terminal:
            return
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches ·"),
            TimeElapsedColumn(),
            TextColumn("so far ·"),
            TimeRemainingColumn(),
            TextColumn("to go"),
            console=self.console,
            refresh_per_second=self.refresh_per_second,
            transient=True,
        )
        batches = self.total_train_batches
        total = batches * trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        done = batches * trainer.current_epoch
        self.task = self.progress.add_task("fit", total=total, completed=int(done), epoch=trainer.current_epoch)
        self.progress.start()

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.batches += 1
        if self.progress and perf_counter() - self.moved >= 1 / self.refresh_per_second:
            self._move(trainer)

    def _move(self, trainer: L.Trainer) -> None:
        if self.progress:
            self.progress.update(self.task, advance=self.batches, epoch=trainer.current_epoch)
            self.batches, self.moved = 0, perf_counter()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.validated = False
        self._move(trainer)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.validated = True

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._move(trainer)
        metrics = trainer.callback_metrics  # on every rank, which it brings together: else it meets what another asks
        if self.enabled:
            stages = ("train/", "val/") if self.validated else ("train/",)  # Lightning keeps the scores of before
            scores = {name: float(value) for name, value in metrics.items() if name.startswith(stages)}
            self.print(epoch_line(trainer.current_epoch, scores), highlight=False, soft_wrap=True)
            epochs_left = (trainer.max_epochs or 0) - trainer.current_epoch - 1
            if self.started is not None and epochs_left > 0:
                seconds = perf_counter() - self.started
                self.print(pace_line(epochs_left, seconds, datetime.now()), highlight=False, soft_wrap=True)
            self.started = None

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._close()

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        self._close()

    def _close(self) -> None:
        if self.progress:
            self.progress.stop()
            self.progress = None


def epoch_line(epoch: int, scores: Mapping[str, float]) -> str:
    """One epoch as a line: the scores of train, then those of val.

    >>> epoch_line(2, {"train/loss": 0.51, "val/loss": 0.62, "val/accuracy": 0.9, "lr": 0.1})
    'epoch   2   train loss 0.5100   val loss 0.6200 accuracy 0.9000'
    """
    parts = [f"epoch {epoch:3d}"]
    for stage in ("train", "val"):
        named = {
            name.removeprefix(f"{stage}/"): value for name, value in scores.items() if name.startswith(f"{stage}/")
        }
        if named:
            parts.append(" ".join([stage, *(f"{name} {value:.4f}" for name, value in named.items())]))
    return "   ".join(parts)


def pace_line(epochs_left: int, seconds: float, now: datetime) -> str:
    """What is left at the pace of the first epoch.

    >>> pace_line(29, 120.0, datetime(2026, 1, 31, 23, 30))
    '            at 120.0 s an epoch the 29 to come take at most 0:58:00, until 00:28'
    """
    left = timedelta(seconds=round(epochs_left * seconds))
    until = f"{now + left:%H:%M}" if left < timedelta(days=1) else f"{now + left:%Y-%m-%d %H:%M}"
    return f"            at {seconds:.1f} s an epoch the {epochs_left} to come take at most {left}, until {until}"
