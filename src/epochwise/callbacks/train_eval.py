"""Scores of training samples that compare with those of validation."""

from typing import Annotated, Any

import lightning as L
import numpy as np
from annotated_types import Ge
from torch.utils.data import Subset

from epochwise.input_error import InputError


class TrainEval(L.Callback):
    """Score a fixed subset of the training split at each validation, as ``train_eval/<name>``.

    What is logged as ``train/<name>`` is gathered while the weights move, with dropout and augmentation: early in
    training it looks worse than validation although nothing is wrong, and its gap to validation says little. Here the
    weights are those that are validated, the network is in eval mode and nothing is augmented.

    Args:
        num_samples: of the subset, at most; the same ones in each run, whatever its seed.

    Raises:
        InputError: the data module does not give its splits.
    """

    def __init__(self, num_samples: Annotated[int, Ge(1)] = 256) -> None:
        self.num_samples = num_samples

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        data: Any = getattr(trainer, "datamodule", None)
        if not hasattr(data, "dataloader_of") or not hasattr(pl_module, "log_scores"):
            raise InputError(
                "callbacks.train_eval: data or task have no splits to score; drop it: ~callbacks.train_eval"
            )
        samples = data.splits["train"]
        chosen = np.random.default_rng(0).permutation(len(samples))[: max(self.num_samples, trainer.world_size)]
        self.loader = data.dataloader_of(Subset(samples, sorted(chosen.tolist())))

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.sanity_checking:
            return
        task: Any = pl_module
        precision = trainer.precision_plugin
        for batch in self.loader:  # scaled on their way to the device, and in the precision of every validation batch
            with precision.val_step_context():
                task.measure("train_eval", trainer.strategy.batch_to_device(precision.convert_input(batch)))
        task.log_scores("train_eval")

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Here its workers end at once; those that the garbage collector finds are waited for 5 s each.
        del self.loader
