"""The weights of the best epoch."""

from typing import NamedTuple

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint


class Best(NamedTuple):
    """Which weights were the best: their epoch, from 0, the optimizer steps that made them, and their score by what."""

    epoch: int
    step: int
    score: float
    monitor: str
    mode: str


def load_best(trainer: L.Trainer, task: L.LightningModule, monitor: str, mode: str) -> Best | None:
    """Put the weights of the best checkpoint into the task, on every rank.

    Args:
        trainer: after ``fit``.
        task: what was trained.
        monitor: the score that decides. Where no checkpoint was kept by it, the first that was kept by another is it.
        mode: ``min`` where smaller is better, else ``max``.

    Returns:
        Which they are; ``None`` where no best checkpoint was kept: the weights stay those of the last step.
    """
    keepers = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint) and one.monitor]
    for callback in sorted(keepers, key=lambda one: (one.monitor, one.mode) != (monitor, mode)):
        if callback.best_model_path:
            trainer.strategy.barrier("best checkpoint written")
            checkpoint = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
            task.load_state_dict(checkpoint["state_dict"])
            score = callback.best_model_score
            step = int(checkpoint["global_step"])
            found = float("nan" if score is None else score)
            return Best(int(checkpoint["epoch"]), step, found, str(callback.monitor), callback.mode)
    return None
