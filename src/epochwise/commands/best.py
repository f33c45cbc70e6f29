"""The weights of the best epoch."""

from typing import NamedTuple

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint


class Best(NamedTuple):
    """Which weights were the best: their epoch, from 0, the optimizer steps that made them, and their score."""

    epoch: int
    step: int
    score: float


def load_best(trainer: L.Trainer, task: L.LightningModule) -> Best | None:
    """Put the weights of the best checkpoint into the task, on every rank.

    Args:
        trainer: after ``fit``. The best checkpoint is that of the first ModelCheckpoint with a monitor.
        task: what was trained.

    Returns:
        Which they are; ``None`` where no best checkpoint was kept: the weights stay those of the last step.
    """
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.monitor and callback.best_model_path:
            trainer.strategy.barrier("best checkpoint written")
            checkpoint = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
            task.load_state_dict(checkpoint["state_dict"])
            score = callback.best_model_score
            step = int(checkpoint["global_step"])
            return Best(int(checkpoint["epoch"]), step, float("nan" if score is None else score))
    return None
