"""The optimizer's groups of a plan, in a module of one's own."""

from collections.abc import Iterable
from typing import Any

import lightning as L
from torch import nn
from torch.optim import Optimizer

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.input_error import InputError
from epochwise.optimizer.decay_groups import decay_groups


def network_of(module: Any) -> nn.Module:
    """What a plan freezes and unfreezes: a module's ``network``, or itself where it has none."""
    network = getattr(module, "network", None)
    return network if isinstance(network, nn.Module) else module


def parameter_groups(module: L.LightningModule, lr: float) -> list[dict[str, Any]]:
    """The parameters of a module by stage, each with the rate that the plan of its Trainer gives it.

    For ``configure_optimizers``: ``AdamW(parameter_groups(self, lr=1e-3))``. Weight decay acts on matrices alone
    (``decay_groups``). Without a plan all have one rate.

    Args:
        module: attached to a Trainer.
        lr: the rate of the head; a stage has it times its ``lr_scale``.
    """
    bound = (getattr(callback, "bound", None) for callback in module.trainer.callbacks)  # type: ignore[attr-defined]
    plan = next((one for one in bound if isinstance(one, BoundPlan)), None)
    groups = plan.groups() if plan else decay_groups(network_of(module))
    return [{**group, "lr": lr * group.get("lr_scale", 1.0)} for group in groups]


def check_optimizers(plan: BoundPlan, optimizers: Iterable[Optimizer], name: str) -> None:
    """Hold the optimizers that a module has made to the plan.

    Args:
        plan: bound.
        optimizers: of the Trainer.
        name: of the module's class.

    Raises:
        InputError: a parameter that is to train stands in no optimizer, or rates by stage were asked for and the groups
            are not the plan's.
    """
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    there = {id(parameter) for group in groups for parameter in group["params"]}
    trained = {name for phase in plan.phases for name in phase.unfreeze}
    missing = [key for key, one in plan.network.named_parameters() if key in trained and id(one) not in there]
    if missing:
        raise InputError(
            f"finetune: {name}.configure_optimizers leaves out {missing[0]!r}, which the plan unfreezes; allowed: all "
            "parameters from the start, as self.parameters()"
        )
    scaled = set(plan.lr_scale.values()) != {1.0}
    if scaled and not all("lr_scale" in group for group in groups):
        raise InputError(
            f"finetune: lr_decay and lr_scales need the plan's groups in {name}.configure_optimizers; allowed: "
            "parameter_groups(self, lr=...), of epochwise.finetune.parameter_groups, "
            "in place of self.parameters()"
        )
