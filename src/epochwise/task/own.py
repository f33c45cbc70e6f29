"""A loss of one's own, or of a library, on whatever the data gives."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import Metric

from epochwise.task.supervised import Supervised


class Own(Supervised):
    """Any function of the network's output and the targets is the loss; any metrics of torchmetrics are the scores.

    Enough for a contrastive loss, a Dice loss, an autoencoder. What needs more, such as another count than samples, is
    a class of one's own beside it (``task.supervised.Supervised``).

    Args:
        network: maps x (B, ...), or several of them by name, to whatever the loss takes.
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        loss: the mean loss of a batch, (output, y) -> a number: a module of torch or of a library, or a function.
        scores: metrics by name, each updated with (output, y); which way is better they say by ``higher_is_better``.
        monitor: see ``Supervised``.

    Raises:
        ValueError: a score is no metric, or is called ``loss``.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        loss: Callable[[Any, Any], Tensor],
        scores: Mapping[str, Metric] | None = None,
        monitor: str = "val/loss",
    ) -> None:
        for name, score in (scores or {}).items():
            if not isinstance(score, Metric) or name == "loss":
                what = type(score).__name__
                raise ValueError(
                    f"scores.{name}: got {what}, allowed: a metric of torchmetrics, under another name than loss"
                )
        super().__init__(network, optimizer, scheduler, dict(scores or {}), monitor)
        self.loss = loss

    def compute_loss(self, output: Any, y: Any) -> Tensor:
        """What ``loss`` makes of the two."""
        return self.loss(output, y)
