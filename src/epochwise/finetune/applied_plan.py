"""A bound plan at work: layers frozen, optimizers and wrappers told, its state kept."""

from collections.abc import Iterable, Set
from typing import Any, NamedTuple

import lightning as L
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from epochwise.device.sharded_strategy import ShardedStrategy
from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.cached_features import CachedFeatures
from epochwise.finetune.phase_optimizer import OptimizerInForce
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import is_count
from epochwise.task.optimized import decay_groups, settle_averages


def freeze(network: nn.Module, trainable: Set[str]) -> None:
    """Let some parameters of a network train and no others.

    A frozen one loses its gradient, so optimizers pass it over: neither weight decay nor momentum moves it.

    Args:
        network: any module.
        trainable: names of parameters.
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in trainable)
        if name not in trainable:
            parameter.grad = None


def frozen_modules(network: nn.Module) -> list[nn.Module]:
    """The layers that are frozen as a whole.

    A layer with parameters is frozen when none of them trains, those of its own children included. One without, such as
    dropout, goes with what it is a part of.

    Returns:
        Those of which ``training`` is to be False: a frozen BatchNorm then keeps its statistics and normalises by them.
    """
    found: list[nn.Module] = []

    def look_at(module: nn.Module, frozen: bool) -> None:
        parameters = list(module.parameters())
        if parameters:
            frozen = not any(parameter.requires_grad for parameter in parameters)
        if frozen:
            found.append(module)
        for child in module.children():
            look_at(child, frozen)

    look_at(network, frozen=False)
    return found


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
            "parameter_groups(self, lr=...), of epochwise.finetune.applied_plan, "
            "in place of self.parameters()"
        )


def wrap_again(trainer: L.Trainer) -> None:
    """Make DDP's wrapper anew, after parameters have been frozen or unfrozen; nothing where there is none.

    DDP hooks itself into the parameters that train when it wraps. Those that are unfrozen later it never synchronises:
    ranks would drift apart, and the checkpoint would hold what rank 0 alone has learned.

    Raises:
        InputError: the strategy shares parameters between processes in a way that is fixed at the start.
    """
    strategy = trainer.strategy
    if isinstance(strategy, (SingleDeviceStrategy, ShardedStrategy)):  # which asks each parameter whenever it is whole
        return
    if not isinstance(strategy, DDPStrategy):
        raise InputError(
            f"trainer.strategy: {type(strategy).__name__} cannot freeze and unfreeze layers on the way; allowed with "
            "finetune: auto, ddp, and trainer=fsdp"
        )
    if isinstance(strategy.model, DistributedDataParallel):
        strategy.model = strategy.lightning_module  # the old wrapper goes, and its hooks with it
        strategy.configure_ddp()


class KeptPlan(NamedTuple):
    """What does not follow from the epoch.

    Args:
        scores: epoch -> the score that a plateau is found in.
        began: phase that waited -> the epoch it began with.
        told_start: the epoch of the last phase, as whoever stops the run was told.
    """

    scores: dict[int, float]
    began: dict[int, int]
    told_start: int


def kept_plan(state: Any, plan: BoundPlan) -> KeptPlan:
    """Take over what was kept, held to what the plan at hand would have kept.

    Raises:
        InputError: a value is missing or of another kind, or a phase is said to have begun that waits for nothing or
            does not come in the order of the phases: the plan was another one.
    """
    values: list[Any] = [state.get(name) if isinstance(state, dict) else None for name in KeptPlan._fields]
    scores, began, told = values
    kinds = isinstance(scores, dict) and isinstance(began, dict) and is_count(told)
    if not kinds or not all(is_count(epoch) and isinstance(score, float) for epoch, score in scores.items()):
        raise InputError("finetune: what the checkpoint keeps of the plan is not what a run writes")
    waiting = [index for index, phase in enumerate(plan.phases) if phase.at_epoch is None]
    if not began.keys() <= set(waiting) or not all(map(is_count, began.values())):
        raise InputError(
            f"finetune.phases: the checkpoint says that phases {sorted(map(str, began))} began after a plateau; those "
            f"that wait for one are {waiting}: go on with the phases that the run began with"
        )
    return KeptPlan(scores, began, told)


def kept_phase(state: dict[str, Any], plan: BoundPlan) -> int:
    """The phase whose optimizer the checkpoint has, 0 for the run's own.

    Raises:
        InputError: the plan at hand has no such phase.
    """
    phase = state.get("optimizer_of_phase", 0)
    if not is_count(phase) or (phase and not (phase < len(plan.phases) and plan.phases[phase].is_remade)):
        raise InputError(
            f"finetune.phases: the checkpoint has the optimizer of phase {phase}, which names none: go on with the "
            "phases that the run began with"
        )
    return int(phase)


class AppliedPlan:
    """Brings a network, its optimizer, DDP and the cache to what a plan says of the epoch.

    It belongs to one process and is in no checkpoint: what is in force follows from the epoch.

    Args:
        plan: says what trains.
        frozen_mode: see ``finetune.plan``.
        cached: the features to forget where what trains changes; ``None``: none are kept.
        optimizer: that of the plan's phase.
    """

    def __init__(
        self, plan: BoundPlan, frozen_mode: str, cached: CachedFeatures | None, optimizer: OptimizerInForce
    ) -> None:
        self.plan, self.frozen_mode, self.cached, self.optimizer = plan, frozen_mode, cached, optimizer
        self.trainable: frozenset[str] | None = None
        self.frozen_modules: list[nn.Module] = []

    def apply(self, trainer: L.Trainer) -> None:
        """Freeze and unfreeze for the epoch that the trainer is in; Lightning puts all in training mode before."""
        self.optimizer.apply(trainer)
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
        """Give the network its own ``forward`` back, and the task its own optimizer for another run."""
        self.optimizer.end()
        if self.cached:
            self.cached.end()
