"""The weights of the best epoch."""

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint


def load_best(trainer: L.Trainer, task: L.LightningModule) -> tuple[int, float] | None:
    """Put the weights of the best checkpoint into the task, on every rank.

    Args:
        trainer: after ``fit``. The best checkpoint is that of the first ModelCheckpoint with a monitor.
        task: what was trained.

    Returns:
        The epoch of these weights, from 0, and their score; ``None`` where no best checkpoint was kept: the weights
        stay those of the last step.
    """
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.monitor and callback.best_model_path:
            trainer.strategy.barrier("best checkpoint written")
            checkpoint = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
            task.load_state_dict(checkpoint["state_dict"])
            score = callback.best_model_score
            return int(checkpoint["epoch"]), float("nan" if score is None else score)
    return None
