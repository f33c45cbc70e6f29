"""One number, or several, for each sample."""

from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import MeanAbsoluteError, MeanSquaredError, R2Score

from epochwise.data.target import check_task
from epochwise.task.supervised import Supervised


class Regression(Supervised):
    """Squared error on standardised targets, scored in the targets' own unit.

    The network sees targets of mean 0 and deviation 1, whatever their unit, so the same learning rates fit; MAE, RMSE
    and R2 and what is predicted are in the unit of the data. Of several numbers, loss, MAE and RMSE are means over all
    of them, and R2 is the mean of each one's.

    Args:
        network: maps (B, ...) to (B, T), T the numbers of a sample, most often 1.
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        target: what the data has for targets; must be ``"number"``.
        target_mean: mean of the targets of the training split, in their unit; T of them for several.
        target_std: their standard deviation, in the same unit, positive; T of them for several.
        monitor: see ``Supervised``.

    Raises:
        ValueError: the targets are no numbers.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "mae": "min", "rmse": "min", "r2": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        target: str,
        target_mean: float | Sequence[float] = 0.0,
        target_std: Annotated[float, Gt(0)] | Sequence[float] = 1.0,
        monitor: str = "val/loss",
    ) -> None:
        if target == "class":
            raise ValueError("the targets of this data are classes; use task=classification")
        check_task(target, "number")
        scores = {"mae": MeanAbsoluteError(), "rmse": MeanSquaredError(squared=False), "r2": R2Score()}
        super().__init__(network, optimizer, scheduler, scores, monitor)
        self.target_mean: float | Tensor
        self.target_std: float | Tensor
        if isinstance(target_mean, Sequence) and isinstance(target_std, Sequence):
            # They follow from the config: not a part of the checkpoint.
            self.register_buffer("target_mean", torch.tensor(list(target_mean)), persistent=False)
            self.register_buffer("target_std", torch.tensor(list(target_std)), persistent=False)
            self.num_targets, variances = len(target_std), [std**2 for std in target_std]
        else:
            self.target_mean, self.target_std = float(target_mean), float(target_std)  # type: ignore[arg-type]  # both
            self.num_targets, variances = 1, [self.target_std**2]
        self.guessing_rmse = (sum(variances) / len(variances)) ** 0.5

    def output_shape(self, y: Tensor) -> tuple[int, ...]:
        return len(y), self.num_targets

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean squared error of (B, 1) and (B,), or (B, T) and (B, T), in squared standard deviations of the target."""
        return F.mse_loss(self._numbers(output), (self._targets(y) - self.target_mean) / self.target_std)

    def reference_scores(self) -> dict[str, tuple[float, float]]:
        """Of guessing the mean, and of no error at all."""
        return {"loss": (1.0, 0.0), "rmse": (self.guessing_rmse, 0.0), "r2": (0.0, 1.0)}

    def mean_output(self, targets: Tensor) -> Tensor:
        """The output (B, 1), or (B, T), that says the mean of targets (B, k), or (B, k, T)."""
        mean = (targets.mean(dim=1) - self.target_mean) / self.target_std
        return mean if mean.ndim > 1 else mean.unsqueeze(-1)

    def predict(self, output: Tensor) -> Tensor:
        """Numbers (B,), or (B, T), in the targets' unit from (B, T)."""
        return self._numbers(output) * self.target_std + self.target_mean

    def scored(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Several numbers in 64 bits: torchmetrics' R2 would round its sums to those of what it is given."""
        y = self._targets(y)
        if prediction.ndim < 2 or prediction.device.type == "mps":  # which has no such numbers
            return prediction, y
        return prediction.double(), y.double()

    def _targets(self, y: Tensor) -> Tensor:
        return y.squeeze(-1) if self.num_targets == 1 and y.ndim > 1 else y  # (B, 1), as some loaders give it

    def _numbers(self, output: Tensor) -> Tensor:
        return output if isinstance(self.target_mean, Tensor) else output.squeeze(-1)
