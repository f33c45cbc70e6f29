"""The one writer of curves."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import lightning as L
import torch

from epochwise.run.epochs_csv import Row, write_epochs_csv


class EpochLog(L.Callback):
    """Write one row an epoch to ``epochs.csv``, and every scalar on both axes to loggers that have a ``log_axis``.

    A row holds what was logged in its epoch (the last value where there are several), so scores that belong to an
    earlier epoch are left out where an epoch was not validated. Epochs count from 0. A step is an optimizer step: x on
    the step axis is the number of steps taken, so the first epoch of 18 steps stands at 18. It must come after all
    callbacks that log.

    Args:
        run_folder: where ``epochs.csv`` is written, by rank 0.
    """

    def __init__(self, run_folder: Path) -> None:
        self.path = run_folder / "epochs.csv"
        self.rows: list[Row] = []
        self.samples = 0
        self.logged_step = 0
        self.step_scores: set[str] = set()
        self.epoch_scores: set[str] = set()
        self.validated = False
        self.started = perf_counter()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.started = perf_counter()
        self.validated = False
        self.logged_step = trainer.global_step
        self.epoch_samples = torch.zeros((), device=pl_module.device, dtype=torch.long)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.epoch_samples += len(batch[0])
        step, every = trainer.global_step, trainer.log_every_n_steps  # type: ignore[attr-defined]  # set on the instance
        if step == self.logged_step or step % max(every, 1):
            return
        self.logged_step = step
        if trainer.loggers:
            # Lightning keeps the scores of the last epoch among those of the step.
            scores = {k: v for k, v in scalars(trainer.logged_metrics).items() if k not in self.epoch_scores}
            if isinstance(outputs, Mapping) and "loss" in outputs:
                scores["train/loss_step"] = float(outputs["loss"])
            self.step_scores = set(scores)
            self._draw(trainer, "step", scores, step)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.sanity_checking:
            self.validated = True
            scores = {k: v for k, v in scalars(trainer.callback_metrics).items() if k.startswith("val/")}
            self.epoch_scores |= set(scores)
            self._draw(trainer, "step", scores, trainer.global_step)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        scores = scalars(trainer.callback_metrics)  # on every rank: it may gather
        if not self.validated:
            scores = {name: value for name, value in scores.items() if not name.startswith("val/")}
        self.samples += int(trainer.strategy.reduce(self.epoch_samples, reduce_op="sum"))
        epoch, step = trainer.current_epoch, trainer.global_step
        row: Row = {"epoch": epoch, "step": step, "samples": self.samples}
        row["seconds"] = round(perf_counter() - self.started, 4)
        self.rows.append(row | scores | {"events": " ".join(self._events(trainer, scores)) or None})
        if trainer.is_global_zero:
            write_epochs_csv(self.path, self.rows)
        self._draw(trainer, "epoch", scores, epoch)
        self.epoch_scores |= set(scores) - self.step_scores
        drawn = self.step_scores if self.logged_step == step else set()
        rest = {name: value for name, value in scores.items() if name not in drawn and not name.startswith("val/")}
        self._draw(trainer, "step", rest, step)

    def _events(self, trainer: L.Trainer, scores: dict[str, float]) -> list[str]:
        rates = {name for name in scores if name == "lr" or name.startswith("lr/")}
        before = self.rows[-1] if self.rows else {}
        # A rate that moves every step has no drops, one that is set by the epoch has.
        by_epoch = any(schedule.interval == "epoch" for schedule in trainer.lr_scheduler_configs)
        dropped = by_epoch and any(scores[name] < float(before.get(name) or 0) for name in rates)
        return ["lr_drop"] * dropped + ["stop"] * trainer.should_stop

    def _draw(self, trainer: L.Trainer, axis: str, values: dict[str, float], x: int) -> None:
        for logger in trainer.loggers:
            if hasattr(logger, "log_axis"):
                logger.log_axis(axis, values, x)


def scalars(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Plain numbers, without the epoch that Lightning adds and the copies it makes of scores logged both ways."""
    doubled = {f"{name}{kind}" for name in metrics for kind in ("_step", "_epoch")}
    return {name: float(value) for name, value in metrics.items() if name != "epoch" and name not in doubled}
