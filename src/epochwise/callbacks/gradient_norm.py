"""How large the gradients are."""

from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from epochwise.model.stages import stages
from epochwise.source.fit import checked_arguments


class GradientNorm(L.Callback):
    """Log the 2-norm of all gradients together, before clipping, as ``grad_norm``: its mean over the epoch's steps.

    It is that of an optimizer step, so of all its batches and ranks together.

    Args:
        by_stage: log that of each stage of the network too (``model.stages``), as ``grad_norm/<stage>``: the mean over
            the steps in which it had gradients; not in an epoch in which it had none, as where it is frozen. The square
            of ``grad_norm`` of a step is the sum of theirs.
    """

    @checked_arguments
    def __init__(self, by_stage: bool = False) -> None:
        self.by_stage = by_stage
        self.names: dict[nn.Parameter, str] = {}  # what the norm of its stage is logged as
        # Name -> sum over the steps of the epoch so far, and their number.
        self.sums: dict[str, Tensor] = {}
        self.steps: dict[str, int] = {}

    def state_dict(self) -> dict[str, Any]:
        return {"sums": self.sums, "steps": self.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if "sums" in state_dict:  # runs of before begin their epoch anew
            self.sums, self.steps = dict(state_dict["sums"]), dict(state_dict["steps"])

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.by_stage:
            network = getattr(pl_module, "network", pl_module)
            parameters = dict(network.named_parameters())
            cut = stages(network)
            self.names = {parameters[name]: f"grad_norm/{stage}" for stage, names in cut.items() for name in names}

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.sums, self.steps = {}, {}

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        learning = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        gradients: dict[str, list[Tensor]] = {"grad_norm": [parameter.grad for parameter in learning]}
        for parameter in learning if self.names else ():
            if parameter in self.names:
                gradients.setdefault(self.names[parameter], []).append(parameter.grad)
        for name, those in gradients.items():
            norm: Any = get_total_norm(those)
            if hasattr(norm, "full_tensor"):  # of parts that lie on several ranks
                norm = norm.full_tensor()
            before = self.sums.get(name)
            self.sums[name] = (torch.zeros(()) if before is None else before).to(norm.device) + norm
            self.steps[name] = self.steps.get(name, 0) + 1

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Ranks hold the same gradients once DDP has averaged them: the largest is any of them.
        for name, total in self.sums.items():
            pl_module.log(name, total / self.steps[name], reduce_fx="max", sync_dist=True)
