"""Which class is taken for which, as a picture."""

from collections.abc import Sequence
from typing import Any

import lightning as L
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay
from torchmetrics.classification import MulticlassConfusionMatrix


class ConfusionMatrix(L.Callback):
    """Draw the confusion matrix of the last validation and of the test into TensorBoard.

    Drawing takes longer than an epoch of small data, so it happens once at the end of each, not every epoch.

    Args:
        class_names: name of each class, in the order of the classes.
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = list(class_names)
        self.matrix = MulticlassConfusionMatrix(len(self.class_names), validate_args=False)

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.matrix = self.matrix.to(pl_module.device)
        self.matrix.reset()

    def on_test_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.on_validation_epoch_start(trainer, pl_module)

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        self.matrix.update(outputs, batch[1])

    def on_test_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        self.matrix.update(outputs, batch[1])

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._draw(trainer, "val")

    def on_test_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._draw(trainer, "test")

    def _draw(self, trainer: L.Trainer, split: str) -> None:
        if not self.matrix.update_called:
            return
        counts = self.matrix.compute()  # on every rank: it gathers
        experiments: list[Any] = [getattr(logger, "experiment", None) for logger in trainer.loggers]
        drawn_in = [experiment for experiment in experiments if hasattr(experiment, "add_figure")]
        if not (trainer.is_global_zero and drawn_in):
            return
        size = 2 + 0.5 * len(self.class_names)
        figure = Figure(figsize=(size, size), layout="constrained")
        display = ConfusionMatrixDisplay(counts.cpu().numpy(), display_labels=self.class_names)
        # Numbers would be unreadable where there are many classes.
        display.plot(ax=figure.subplots(), colorbar=False, include_values=len(self.class_names) <= 30, cmap="Blues")
        for experiment in drawn_in:
            experiment.add_figure(f"confusion_matrix/{split}", figure, trainer.current_epoch)
