"""One number for each sample."""

from collections.abc import Callable
from typing import Annotated, ClassVar

from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import MeanAbsoluteError, MeanSquaredError, R2Score

from epochwise.task.supervised import Supervised


class Regression(Supervised):
    """Squared error on standardised targets, scored in the targets' own unit.

    The network sees targets of mean 0 and deviation 1, whatever their unit, so the same learning rates fit; MAE, RMSE
    and R2 and what is predicted are in the unit of the data.

    Args:
        network: maps (B, ...) to (B, 1).
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        target: what the data has for targets; must be ``"number"``.
        target_mean: mean of the targets of the training split, in their unit.
        target_std: their standard deviation, in the same unit.
        monitor: see ``Supervised``.

    Raises:
        ValueError: the targets are classes.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "mae": "min", "rmse": "min", "r2": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        target: str,
        target_mean: float = 0.0,
        target_std: Annotated[float, Gt(0)] = 1.0,
        monitor: str = "val/loss",
    ) -> None:
        if target != "number":
            raise ValueError("the targets of this data are classes; use task=classification")
        scores = {"mae": MeanAbsoluteError(), "rmse": MeanSquaredError(squared=False), "r2": R2Score()}
        super().__init__(network, optimizer, scheduler, scores, monitor)
        self.target_mean, self.target_std = target_mean, target_std

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean squared error of (B, 1) and (B,), in squared standard deviations of the target."""
        return F.mse_loss(output.squeeze(-1), (y - self.target_mean) / self.target_std)

    def reference_scores(self) -> dict[str, tuple[float, float]]:
        """Of guessing the mean, and of no error at all."""
        return {"loss": (1.0, 0.0), "rmse": (self.target_std, 0.0), "r2": (0.0, 1.0)}

    def mean_output(self, targets: Tensor) -> Tensor:
        """The output (B, 1) that says the mean of targets (B, k)."""
        return (targets.mean(dim=1, keepdim=True) - self.target_mean) / self.target_std

    def predict(self, output: Tensor) -> Tensor:
        """Numbers (B,) in the targets' unit from (B, 1)."""
        return output.squeeze(-1) * self.target_std + self.target_mean
