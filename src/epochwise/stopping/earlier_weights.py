"""Going back to the weights of an earlier epoch, in the midst of training."""

from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint, WeightAveraging
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy


def best_checkpoint(trainer: L.Trainer, monitor: str, mode: str) -> Path | None:
    """The best checkpoint by a score that can be loaded while training goes on; None where there is none.

    Args:
        trainer: with its callbacks. Weights that are spread over processes cannot.
        monitor: the score.
        mode: ``min`` or ``max``.
    """
    if not isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy)):
        return None
    keepers = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint) and one.best_model_path]
    alike = [one for one in keepers if (one.monitor, one.mode, one.save_weights_only) == (monitor, mode, False)]
    return next((Path(one.best_model_path) for one in alike), None)


def load_earlier_weights(trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
    """Put back the weights, an average of them and the optimizer's moments; on every rank.

    Rates, counts and all else that callbacks keep stay as they are: the run itself goes on.

    Args:
        trainer: at the start of an epoch.
        pl_module: what is trained.
        checkpoint: a whole one of this run, its tensors in memory.
    """
    pl_module.load_state_dict(checkpoint["state_dict"])
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set on the instance
        if isinstance(callback, WeightAveraging):
            callback.on_load_checkpoint(trainer, pl_module, checkpoint)
    kept = zip(trainer.optimizers, checkpoint["optimizer_states"], strict=True)
    now = [{**state, "param_groups": optimizer.state_dict()["param_groups"]} for optimizer, state in kept]
    trainer.strategy.load_optimizer_state_dict({"optimizer_states": now})
