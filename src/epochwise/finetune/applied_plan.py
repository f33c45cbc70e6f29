"""What of a plan is in force."""

import lightning as L
from torch import nn

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.cached_features import CachedFeatures
from epochwise.finetune.freeze import freeze, frozen_modules
from epochwise.finetune.wrap_again import wrap_again
from epochwise.optimizer.averaged_weights import settle_averages


class AppliedPlan:
    """Brings a network, DDP and the cache to what a plan says of the epoch.

    It belongs to one process and is in no checkpoint: what is in force follows from the epoch.

    Args:
        plan: says what trains.
        frozen_mode: see ``finetune.plan``.
        cached: the features to forget where what trains changes; ``None``: none are kept.
    """

    def __init__(self, plan: BoundPlan, frozen_mode: str, cached: CachedFeatures | None) -> None:
        self.plan, self.frozen_mode, self.cached = plan, frozen_mode, cached
        self.trainable: frozenset[str] | None = None
        self.frozen_modules: list[nn.Module] = []

    def apply(self, trainer: L.Trainer) -> None:
        """Freeze and unfreeze for the epoch that the trainer is in; Lightning puts all in training mode before."""
        network, trainable = self.plan.network, self.plan.trainable_at(trainer.current_epoch)
        if trainable != self.trainable:
            self.trainable = trainable
            freeze(network, trainable)
            frozen = [parameter for name, parameter in network.named_parameters() if name not in trainable]
            settle_averages(trainer.optimizers, frozen)
            for module in self.frozen_modules:
                module.training = True  # what stays frozen follows below
            self.frozen_modules = frozen_modules(network) if self.frozen_mode == "eval" else []
            wrap_again(trainer)
            if self.cached:
                self.cached.begin()
        for module in self.frozen_modules:
            module.training = False

    def end(self) -> None:
        """Give the network its own ``forward`` back."""
        if self.cached:
            self.cached.end()
