"""How large the gradients are."""

from typing import Any

import lightning as L
import torch
from torch.optim import Optimizer


class GradientNorm(L.Callback):
    """Log the 2-norm of all gradients together, before clipping, as ``grad_norm``: its mean over the epoch's steps."""

    def __init__(self) -> None:
        self.total = torch.zeros(())
        self.steps = 0

    def state_dict(self) -> dict[str, Any]:
        return {"total": self.total, "steps": self.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.total, self.steps = state_dict["total"], state_dict["steps"]

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.total, self.steps = torch.zeros((), device=pl_module.device), 0

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        self.total = self.total.to(pl_module.device) + torch.nn.utils.get_total_norm(gradients)
        self.steps += 1

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Ranks hold the same gradients once DDP has averaged them: the largest is any of them.
        pl_module.log("grad_norm", self.total / max(self.steps, 1), reduce_fx="max", sync_dist=True)
