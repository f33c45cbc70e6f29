"""Any number of labels for each sample."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics.classification import MultilabelAveragePrecision, MultilabelF1Score

from epochwise.data.target import check_task
from epochwise.task.supervised import Supervised


class Multilabel(Supervised):
    """Binary cross-entropy of each of C labels, scored by F1 and mean average precision.

    ``f1_macro`` is the mean of each label's F1, ``f1_micro`` that of all decisions together; ``map`` is the mean of
    each label's average precision and needs no threshold; a label that no sample of a split has counts 0 there, as in
    scikit-learn, and torchmetrics warns of it.

    Args:
        network: maps (B, ...) to logits (B, C).
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        target: what the data has for targets; must be ``"labels"``.
        class_counts: (C,) training samples that have each label.
        num_train: training samples.
        monitor: see ``Supervised``.
        threshold: probability from which on a label is given, in (0, 1).
        label_smoothing: share of the target that is moved towards 1/2, in [0, 1).
        class_weights: of a label that is there, against one that is not: ``None``, 1; ``"balanced"``, the samples
            without it for each with it; or one positive weight for each label. They do not change the scores.

    Raises:
        ValueError: the targets are of another kind, or another number of weights than labels.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "f1_macro": "max", "f1_micro": "max", "map": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        target: str,
        class_counts: Sequence[int],
        num_train: int,
        monitor: str = "val/loss",
        threshold: Annotated[float, Gt(0), Lt(1)] = 0.5,
        label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0,
        class_weights: Literal["balanced"] | Sequence[float] | None = None,
    ) -> None:
        check_task(target, "labels")
        labels = len(class_counts)
        if class_weights == "balanced":
            class_weights = [(num_train - count) / count if 0 < count < num_train else 1.0 for count in class_counts]
        if class_weights is not None and len(class_weights) != labels:
            raise ValueError(
                f"class_weights: got {len(class_weights)} weights, allowed: one for each of {labels} labels"
            )
        how: dict[str, Any] = {"num_labels": labels, "validate_args": False}
        scores = {
            "f1_macro": MultilabelF1Score(threshold=threshold, average="macro", **how),
            "f1_micro": MultilabelF1Score(threshold=threshold, average="micro", **how),
            "map": MultilabelAveragePrecision(average="macro", **how),
        }
        super().__init__(network, optimizer, scheduler, scores, monitor)
        self.threshold, self.label_smoothing = threshold, label_smoothing
        self.shares = torch.tensor(class_counts, dtype=torch.float64) / max(num_train, 1)
        weights = None if class_weights is None else torch.tensor(list(class_weights), dtype=torch.float32)
        self.class_weights: Tensor | None  # it follows from the config: not a part of the checkpoint
        self.register_buffer("class_weights", weights, persistent=False)

    def output_shape(self, y: Tensor) -> tuple[int, ...]:
        return len(y), len(self.shares)

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean over samples and labels, of logits (B, C) and labels (B, C) of 0 and 1 (or shares), in nats a label."""
        smoothed = y * (1 - self.label_smoothing) + self.label_smoothing / 2
        return F.binary_cross_entropy_with_logits(output, smoothed.to(output.dtype), pos_weight=self.class_weights)

    def scored(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where labels are shares, as MixUp makes them, those of at least a half are there."""
        return prediction, (y >= 0.5).long()

    def reference_scores(self) -> dict[str, tuple[float, float]]:
        """Of guessing by each label's share, and of knowing all; smoothed labels leave their entropy."""
        found = {"map": (float(self.shares.mean()), 1.0)}
        if self.class_weights is None:
            guessed = self.shares * (1 - self.label_smoothing) + self.label_smoothing / 2
            smoothed = torch.tensor(self.label_smoothing / 2, dtype=torch.float64)
            found["loss"] = (float(_entropy(guessed).mean()), float(_entropy(smoothed)))
        return found

    def mean_output(self, targets: Tensor) -> Tensor:
        """Logits (B, C) of the labels' shares among targets (B, k, C), none of which is quite 0 or 1."""
        return ((targets.sum(dim=1) + 0.5) / (targets.shape[1] + 1)).logit()

    def predict(self, output: Tensor) -> Tensor:
        """Probabilities (B, C), each label's own, of logits (B, C)."""
        return output.sigmoid()


def _entropy(share: Tensor) -> Tensor:
    """Of something that is there with a probability, in nats."""
    return torch.special.entr(share) + torch.special.entr(1 - share)
