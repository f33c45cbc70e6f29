"""One class of several for each sample."""

from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Ge, Lt
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from epochwise.data.target import check_task
from epochwise.task.supervised import Supervised


class Classification(Supervised):
    """Cross-entropy on classes 0 to C - 1, scored by accuracy and macro F1.

    Args:
        network: maps (B, ...) to logits (B, C).
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        class_counts: (C,) samples of each class in the training split.
        monitor: see ``Supervised``.
        label_smoothing: share of the target spread evenly over all classes, in [0, 1).
        class_weights: ``None``; ``"balanced"`` for N / (C * count), as scikit-learn has it; or one positive weight for
            each class. Weights multiply the loss of each sample; they do not change the scores.
        target: what the data has for targets; must be ``"class"``.

    Raises:
        ValueError: the targets are of another kind, there are no classes, or another number of weights than classes.

    Source:
        label smoothing: Szegedy et al. 2015, https://arxiv.org/abs/1512.00567, section 7.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "accuracy": "max", "f1": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        class_counts: Sequence[int],
        monitor: str = "val/loss",
        label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0,
        class_weights: Literal["balanced"] | Sequence[float] | None = None,
        target: str = "class",
    ) -> None:
        check_task(target, "class")
        num_classes = len(class_counts)
        if num_classes < 2:
            raise ValueError("the targets of this data are no classes; use task=regression")
        if class_weights == "balanced":
            class_weights = [sum(class_counts) / (num_classes * count) if count else 0.0 for count in class_counts]
        if class_weights is not None and len(class_weights) != num_classes:
            raise ValueError(
                f"class_weights: got {len(class_weights)} weights, allowed: one for each of {num_classes} classes"
            )
        scores = {
            "accuracy": MulticlassAccuracy(num_classes, average="micro", validate_args=False),
            "f1": MulticlassF1Score(num_classes, average="macro", validate_args=False),
        }
        super().__init__(network, optimizer, scheduler, scores, monitor)
        self.label_smoothing = label_smoothing
        self.shares = torch.tensor(class_counts, dtype=torch.float64) / sum(class_counts)
        weights = None if class_weights is None else torch.tensor(list(class_weights), dtype=torch.float32)
        # It follows from the config: not a part of the checkpoint.
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", weights, persistent=False)

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy of logits (B, C) and classes (B,), or shares of them (B, C), in nats a sample."""
        each = F.cross_entropy(output, y, self.class_weights, reduction="none", label_smoothing=self.label_smoothing)
        return each.mean()

    def output_shape(self, y: Tensor) -> tuple[int, ...]:
        return len(y), len(self.shares)

    def scored(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where targets are shares of classes, as MixUp makes them, the one with the largest share is the right one."""
        return prediction, y.argmax(dim=-1) if y.ndim > 1 else y

    def reference_scores(self) -> dict[str, tuple[float, float]]:
        """Of guessing by the shares of the classes, and of knowing all; smoothed labels leave their entropy."""
        found = {"accuracy": (float(self.shares.max()), 1.0)}
        if self.class_weights is None:
            spread = self.label_smoothing / len(self.shares)
            smoothed = torch.full_like(self.shares, spread)
            smoothed[0] += 1 - self.label_smoothing
            guessed = (1 - self.label_smoothing) * self.shares + spread
            found["loss"] = (float(torch.special.entr(guessed).sum()), float(torch.special.entr(smoothed).sum()))
        return found

    def mean_output(self, targets: Tensor) -> Tensor:
        """Logits (B, C) of the shares that the classes have among targets (B, k), none of which is quite 0."""
        counts = torch.full((len(targets), len(self.shares)), 1 / len(self.shares))
        return counts.scatter_add(1, targets, torch.ones(targets.shape)).log()

    def predict(self, output: Tensor) -> Tensor:
        """Probabilities (B, C) of logits (B, C)."""
        return output.softmax(dim=-1)
