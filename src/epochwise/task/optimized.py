"""A module with its optimizer and schedule."""

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from epochwise.scheduler.lightning_schedule import ResumedSchedule, lightning_schedule, scale_rates


def averaged_weights(optimizers: Iterable[Any], score: bool) -> None:
    """Put the weights where they are to be scored and kept, or where they are trained; once or often is the same.

    Args:
        optimizers: those with an ``eval`` and a ``train``, as in the package schedulefree; others are left alone.
        score: whether they are to be scored.

    Source:
        Defazio et al. 2024, https://arxiv.org/abs/2405.15682: the average is scored, the gradient is taken between it
        and the point that moves.
    """
    for optimizer in optimizers:
        optimizer = getattr(optimizer, "optimizer", optimizer)  # Lightning wraps it
        if hasattr(optimizer, "eval") and hasattr(optimizer, "train"):
            optimizer.eval() if score else optimizer.train()


def settle_averages(optimizers: Sequence[Any], frozen: Iterable[Tensor]) -> None:
    """Let weights that train no more stay at their average, to the bit, for training and scoring alike.

    Args:
        optimizers: of a run; those that average keep the point that moves as ``z`` in their state.
        frozen: the weights.
    """
    unsettled = [
        (weight, kept["z"])
        for weight in frozen
        for optimizer in optimizers
        if (kept := getattr(optimizer, "optimizer", optimizer).state.get(weight)) and "z" in kept
        if not torch.equal(weight, kept["z"])
    ]
    if unsettled:
        averaged_weights(optimizers, score=True)
        for weight, moving in unsettled:
            moving.copy_(weight.detach())


def decay_groups(network: nn.Module) -> list[dict[str, Any]]:
    """Split the parameters of a network into two named groups, of which only the first is decayed.

    Biases and the scales of norms (whatever has fewer than two axes) are never decayed, nor what the network itself
    exempts by ``no_weight_decay()``, as timm's transformers do for their position embeddings.

    Args:
        network: any module. All its parameters are taken, frozen ones too, so that a later unfreeze finds them here.

    Returns:
        Groups for a torch optimizer, named ``decay`` and ``no_decay``; a group without parameters is left out. The
        rate of ``decay`` is the optimizer's own ``weight_decay``.

    Source:
        Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.3; Loshchilov & Hutter 2019,
        https://arxiv.org/abs/1711.05101.
    """
    exempts: Any = getattr(network, "no_weight_decay", set)
    exempt = set(exempts())
    decay: list[nn.Parameter] = []
    no_decay: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        (no_decay if parameter.ndim < 2 or name in exempt else decay).append(parameter)
    groups: list[dict[str, Any]] = [
        {"name": "decay", "params": decay},
        {"name": "no_decay", "params": no_decay, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def fused(make: Callable[..., Optimizer], network: nn.Module) -> Callable[..., Optimizer]:
    """Let an optimizer update all parameters of a network in one kernel, where it has one for them.

    Args:
        make: makes the optimizer from parameters: a ``functools.partial``, or the class.
        network: on the device on which it trains.

    Returns:
        ``make`` with ``fused=True``. As it is where its class has no such argument; where ``make`` says ``fused`` or
        ``foreach`` itself; where gradients are sparse; or where torch has no such kernel for a device or type of the
        parameters, or for those that are spread over ranks: SGD has none. It is found by one step of two numbers, or of
        the smallest parameter that is spread.
    """
    arguments = inspect.signature(make).parameters  # those of a partial have the values that it gives as defaults
    said = [arguments[name].default for name in ("fused", "foreach") if name in arguments]
    sparse = any(getattr(part, "sparse", False) for part in network.modules())
    if "fused" not in arguments or said.count(None) < len(said) or sparse:
        return make
    in_one = partial(make, fused=True)
    try:
        by_size = sorted(network.parameters(), key=Tensor.numel, reverse=True)
        for like in {(p.device, p.dtype, type(p.data)): p for p in by_size}.values():
            if type(like.data) not in (Tensor, DTensor):
                return make  # one that is packed
            whole = type(like.data) is Tensor
            zeros = torch.zeros(2, dtype=like.dtype, device=like.device) if whole else torch.zeros_like(like.data)
            tried = nn.Parameter(zeros)
            tried.grad = torch.zeros_like(tried)
            in_one([tried]).step()
    except (RuntimeError, TypeError):
        return make
    return in_one


class Optimized(L.LightningModule):
    """A network with an optimizer and a schedule that go on as they were after a resume.

    Args:
        network: any module.
        optimizer: makes the optimizer from parameter groups; the groups' weight decay is its own (``decay_groups``).
        scheduler: makes the schedule from the optimizer. One that takes ``steps_per_epoch`` gets it and is stepped
            every optimizer step; ReduceLROnPlateau is stepped after each validation; any other every epoch.
        monitor: the score that ReduceLROnPlateau follows.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        monitor: str,
    ) -> None:
        super().__init__()
        self.network = network
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        self.monitor = monitor
        #: network -> groups for the optimizer; who has others to make, such as one for each stage, puts them here.
        self.parameter_groups: Callable[[nn.Module], list[dict[str, Any]]] = decay_groups
        #: What made optimizer and schedule of the checkpoint, where a run goes on with other settings.
        self.made_before: tuple[Callable[..., Optimizer], Callable[..., Any]] | None = None
        #: What makes optimizer and schedule in place of the run's own, from a phase of a plan on.
        self.made_by_phase: tuple[Callable[..., Optimizer], Callable[..., Any]] | None = None
        #: The epoch, from 0, that the schedule counts its own from.
        self.schedule_from_epoch = 0
        #: Whether optimizers may be ``fused``; not in a run that began when they were not, which goes on as it was.
        self.may_fuse = True

    def configure_optimizers(self) -> Any:
        """The optimizer over all parameters and its schedule, as Lightning wants them."""
        makers = self.made_by_phase or (self.make_optimizer, self.make_scheduler)
        return self._made(self.parameter_groups(self.network), *makers)

    def _made(self, groups: list[dict[str, Any]], make_optimizer: Any, make_scheduler: Any) -> dict[str, Any]:
        optimizer = (fused(make_optimizer, self.network) if self._may_fuse() else make_optimizer)(groups)
        scale_rates(optimizer)
        schedule = lightning_schedule(make_scheduler, optimizer, self.trainer, self.monitor)
        if isinstance(schedule["scheduler"], ReduceLROnPlateau):
            # Lightning would step it after the epoch's checkpoint was written: a resumed run would have lost that step.
            schedule["frequency"] = sys.maxsize
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def _may_fuse(self) -> bool:
        """Whether nothing is to see or clip gradients that a fused step would still have to unscale."""
        precision = self.trainer.precision_plugin
        # Lightning refuses to clip before such a step in any mixed precision, scaled or not.
        clipped = self.trainer.gradient_clip_val and hasattr(precision, "scaler")
        return self.may_fuse and not clipped and getattr(precision, "scaler", None) is None

    def on_train_start(self) -> None:
        if self.made_before is not None:
            self._take_changes(*self.made_before)
        ResumedSchedule.set_rates(self.lr_schedulers())

    def _take_changes(self, make_optimizer: Any, make_scheduler: Any) -> None:
        optimizer: Any = self.trainer.optimizers[0]
        groups = self.parameter_groups(self.network)
        # Of a fine-tuning plan the checkpoint itself has the rates of before.
        scales = [{"lr_scale": group["lr_scale"]} if "lr_scale" in group else {} for group in optimizer.param_groups]
        before = [group | scale for group, scale in zip(groups, scales, strict=True)]
        made = (
            self._made(before, make_optimizer, make_scheduler),
            self._made(groups, self.make_optimizer, self.make_scheduler),
        )
        one, other = ((each["optimizer"], each["lr_scheduler"]["scheduler"]) for each in made)
        was_fused = [group.get("fused") for group in optimizer.param_groups]
        ResumedSchedule.take_changes(optimizer, self.lr_schedulers(), one, other)
        if [group.get("fused") for group in optimizer.param_groups] != was_fused:
            optimizer.load_state_dict(optimizer.state_dict())  # a fused one counts its steps on the device

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        averaged_weights(self.trainer.optimizers, score=False)

    def on_validation_model_eval(self) -> None:
        super().on_validation_model_eval()
        averaged_weights(self.trainer.optimizers, score=True)

    def on_validation_epoch_end(self) -> None:
        if not self.trainer.sanity_checking and not self.monitor.startswith("train/"):
            self._step_plateau()

    def on_train_epoch_end(self) -> None:
        averaged_weights(self.trainer.optimizers, score=True)  # the checkpoints that follow keep these
        if self.monitor.startswith("train/"):
            self._step_plateau()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["may_fuse"] = self.may_fuse

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        ResumedSchedule.forget_horizon(checkpoint["lr_schedulers"])
        # The groups of its optimizer say how that steps; this is for those which a phase makes later.
        self.may_fuse = checkpoint.get("may_fuse", False)

    def _step_plateau(self) -> None:
        scheduler = self.lr_schedulers()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(self.trainer.callback_metrics[self.monitor])
