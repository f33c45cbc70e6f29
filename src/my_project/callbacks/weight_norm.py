"""The size of the weights, epoch by epoch."""

import lightning as L
from torch import nn


class WeightNorm(L.Callback):
    """Log the 2-norm of all weights together at the end of each epoch."""

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Log it; what is logged reaches every chart and ``epochs.csv``."""
        pl_module.log("weight_norm", nn.utils.parameters_to_vector(pl_module.parameters()).norm())
