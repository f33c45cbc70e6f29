"""A class for each pixel."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics.classification import MulticlassConfusionMatrix
from torchmetrics.functional.classification import multiclass_confusion_matrix

from epochwise.data.target import IGNORE, check_task
from epochwise.task.supervised import Supervised


class PixelScores(MulticlassConfusionMatrix):
    """``miou``, ``dice`` and ``accuracy`` of one confusion matrix, counted once for all three.

    They are those of torchmetrics' MulticlassJaccardIndex, MulticlassF1Score (both macro) and MulticlassAccuracy
    (micro); classes that are neither there nor answered count nowhere. Together these three take ten times as long as
    the matrix, most of it for leaving out what is ignored; here it is a class more, which is dropped afterwards.

    Args:
        num_classes: C.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes, validate_args=False)

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Take in classes (B, H, W), and those that are right."""
        classes = self.num_classes
        target = target.masked_fill(target == IGNORE, classes)
        counts = multiclass_confusion_matrix(preds, target, classes + 1, validate_args=False)
        self.confmat += counts[:classes, :classes]

    def compute(self) -> dict[str, Tensor]:  # type: ignore[override]  # a collection takes names and numbers, too
        """The scores by name; 0 where there was no pixel."""
        counts = self.confmat.to(torch.float32 if self.confmat.device.type == "mps" else torch.float64)
        right, both = counts.diag(), counts.sum(0) + counts.sum(1)
        classes = (both > 0).sum().clamp(min=1)
        return {
            "miou": (right / (both - right).clamp(min=1)).sum() / classes,
            "dice": (2 * right / both.clamp(min=1)).sum() / classes,
            "accuracy": right.sum() / counts.sum().clamp(min=1),
        }


class Segmentation(Supervised):
    """Cross-entropy of each pixel, scored by mean IoU and Dice over all pixels of a split.

    Pixels of the class ``data.target.IGNORE`` count nowhere. A batch counts by the pixels that are left, so loss and
    gradient are means over pixels, however they were cut into batches. A Dice loss is not offered for that reason: it
    is no mean over pixels, so it would depend on the batch; ``task=own`` takes one of a library.

    Args:
        network: maps (B, ...) to logits (B, C, H, W).
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        target: what the data has for targets; must be ``"mask"``.
        class_counts: (C,) pixels of each class in the training split.
        monitor: see ``Supervised``.
        class_weights: ``None``; ``"balanced"`` for N / (C * count); or one positive weight for each class. Weights
            multiply the loss of each pixel; they do not change the scores.

    Raises:
        ValueError: the targets are of another kind, or another number of weights than classes.

    Source:
        mean IoU over a whole split: Everingham et al. 2010, https://doi.org/10.1007/s11263-009-0275-4, section 4.2.3.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "miou": "max", "dice": "max", "accuracy": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        target: str,
        class_counts: Sequence[int],
        monitor: str = "val/loss",
        class_weights: Literal["balanced"] | Sequence[float] | None = None,
    ) -> None:
        check_task(target, "mask")
        classes = len(class_counts)
        if class_weights == "balanced":
            class_weights = [sum(class_counts) / (classes * count) if count else 0.0 for count in class_counts]
        if class_weights is not None and len(class_weights) != classes:
            raise ValueError(
                f"class_weights: got {len(class_weights)} weights, allowed: one for each of {classes} classes"
            )
        super().__init__(network, optimizer, scheduler, {"miou": PixelScores(classes)}, monitor)
        self.shares = torch.tensor(class_counts, dtype=torch.float64) / max(sum(class_counts), 1)
        weights = None if class_weights is None else torch.tensor(list(class_weights), dtype=torch.float32)
        self.class_weights: Tensor | None  # it follows from the config: not a part of the checkpoint
        self.register_buffer("class_weights", weights, persistent=False)

    def count(self, y: Tensor) -> int:
        """The pixels of (B, H, W) that count."""
        return int((y != IGNORE).sum())

    def output_shape(self, y: Tensor) -> tuple[int, ...]:
        return len(y), len(self.shares), *y.shape[1:]

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy of logits (B, C, H, W) and classes (B, H, W), in nats a pixel; 0 where none counts."""
        each = F.cross_entropy(output, y, self.class_weights, ignore_index=IGNORE, reduction="sum")
        return each / max(self.count(y), 1)

    def reference_scores(self) -> dict[str, tuple[float, float]]:
        """Of calling all pixels the most frequent class (for the loss: by the classes' shares), and of knowing all."""
        most, classes = float(self.shares.max()), len(self.shares)
        found = {
            "accuracy": (most, 1.0),
            "miou": (most / classes, 1.0),
            "dice": (2 * most / (1 + most) / classes, 1.0),
        }
        if self.class_weights is None:
            found["loss"] = (float(torch.special.entr(self.shares).sum()), 0.0)
        return found

    def predict(self, output: Tensor) -> Tensor:
        """Classes (B, H, W) of logits (B, C, H, W)."""
        return output.max(dim=1).indices  # on a CPU argmax takes nine times as long
