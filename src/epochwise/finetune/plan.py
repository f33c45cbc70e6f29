"""A fine-tuning plan as a callback: phases by epoch, or on a plateau."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import lightning as L
from annotated_types import Ge, Gt, Le
from torch import nn

from epochwise.finetune.applied_plan import AppliedPlan, check_optimizers, kept_phase, kept_plan, network_of
from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.cached_features import CachedFeatures, cached_features
from epochwise.finetune.phase_optimizer import OptimizerInForce
from epochwise.input_error import InputError
from epochwise.source.fit import checked_arguments
from epochwise.stopping.early import decided_by_training, monitored_score


class Plateau:
    """The scores of a run by epoch, and whether they still improve.

    Args:
        monitor: name of the score.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement that make a plateau, at least 1.
        min_delta: an improvement is larger than this, in the unit of the score.
    """

    def __init__(self, monitor: str, mode: Literal["min", "max"], patience: int, min_delta: float) -> None:
        self.monitor, self.mode, self.patience, self.min_delta = monitor, mode, patience, min_delta
        self.scores: dict[int, float] = {}

    def observe(self, trainer: L.Trainer) -> None:
        """Take the score of the epoch that is under way.

        Raises:
            InputError: it is not among what was logged.
        """
        score = monitored_score(trainer, self.monitor, "finetune.monitor")
        if score is not None:
            self.scores[trainer.current_epoch] = score

    def reached(self, since_epoch: int) -> bool:
        """Whether the latest score lies at least ``patience`` epochs behind the best one since an epoch.

        NaN is no improvement.
        """
        best, best_epoch, latest = float("inf"), since_epoch - 1, since_epoch - 1
        for epoch in sorted(epoch for epoch in self.scores if epoch >= since_epoch):
            loss, latest = self.scores[epoch] if self.mode == "min" else -self.scores[epoch], epoch
            if best - loss > self.min_delta:
                best, best_epoch = loss, epoch
        return latest - best_epoch >= self.patience

    def begin_waiting(self, plan: BoundPlan, trainer: L.Trainer) -> None:
        """Let the phase that waits begin with the next epoch, where a plateau was reached in the one before it."""
        epoch = trainer.current_epoch
        waiting = plan.waiting_at(epoch)
        if waiting is not None and epoch in self.scores:
            reached = self.reached(plan.starts[waiting - 1] or 0)
            if trainer.strategy.reduce_boolean_decision(reached, all=False):
                plan.begin(waiting, epoch + 1)


class Plan(L.Callback):
    """Freeze and unfreeze layers by the epoch.

    What trains is a function of the epoch, and applied where training starts, where an epoch starts and before each
    batch: a resumed run goes on as an uninterrupted one. All parameters stand in the optimizer from the start, in
    groups named by stage; a frozen one has no gradient, and optimizers pass it over. So every schedule works, and a
    layer that begins late takes the rate of that moment. Whoever stops the run and has a ``begin_anew`` counts patience
    from the last phase on.

    The network is the module's ``network``, or where it has none the module itself. A module of one's own gives its
    optimizer all parameters (``self.parameters()``), and, for rates by stage, the groups of
    ``finetune.parameter_groups``.

    Layers are named by stage or by their parameters' names (``select``). Every parameter has to be named by a phase or
    by ``frozen``.

    Args:
        phases: what changes when: ``{at_epoch: 0, unfreeze: head}``. ``at_epoch`` counts from 0 (of a fraction the
            nearest epoch is taken), everything is frozen until it is named, and a phase keeps what the ones before it
            unfroze, but for what it says to ``freeze``. ``after: plateau`` in place of ``at_epoch`` waits until the
            monitor has levelled off in the phase before, or for the next phase with an epoch. ``optimizer`` and
            ``scheduler`` make others from its first step on, in a module that is ``task.optimized.Optimized``: an
            optimizer has no moments yet, a schedule begins there and goes over the epochs that are left. An optimizer
            alone has the schedule of before, anew; a schedule alone leaves the optimizer its moments.
        frozen: what never trains.
        one_stage_every_n_epochs: after the last phase the remaining stages follow one by one, from the head down.
        lr_decay: a stage's rate over that of the next one, in (0, 1]; the head has the optimizer's.
        lr_scales: what is named -> its rate over the optimizer's, above 0, in place of the decay.
        frozen_mode: ``"eval"``: a frozen BatchNorm keeps its statistics and normalises by them, frozen dropout is off;
            ``"train"``: BatchNorm goes by the batch and its statistics move on, although its layer is frozen.
        monitor: name of the score that a plateau is found in.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement that make a plateau, at least 1.
        min_delta: an improvement is larger than this, in the unit of the monitor.
        cache_features: run what is frozen before all that trains once for each sample, in each phase.

    Raises:
        InputError: before the first step: what the plan names is not there, a parameter that nothing names, an epoch
            beyond the budget, a phase that changes nothing, a monitor that is never logged, features to be cached that
            change from epoch to epoch.
    """

    @checked_arguments
    def __init__(
        self,
        phases: Sequence[Mapping[str, Any]],
        frozen: str | int | Sequence[str | int] = (),
        one_stage_every_n_epochs: Annotated[float, Gt(0)] | None = None,
        lr_decay: Annotated[float, Gt(0), Le(1)] = 1.0,
        lr_scales: Mapping[str | int, Annotated[float, Gt(0)]] | None = None,
        frozen_mode: Literal["eval", "train"] = "eval",
        monitor: str = "val/loss",
        mode: Literal["min", "max"] = "min",
        patience: Annotated[int, Ge(1)] = 3,
        min_delta: Annotated[float, Ge(0)] = 0.0,
        cache_features: bool = False,
    ) -> None:
        self.phases, self.frozen, self.one_stage_every_n_epochs = phases, frozen, one_stage_every_n_epochs
        self.lr_decay, self.lr_scales, self.frozen_mode = lr_decay, lr_scales or {}, frozen_mode
        self.plateau = Plateau(monitor, mode, patience, min_delta)
        self.cache_features = cache_features
        self.cached: CachedFeatures | None = None
        self.bound: BoundPlan | None = None
        self.applied: AppliedPlan  # setup makes it
        self.told_start = 0  # of the last phase, to whoever stops the run

    def bind(self, network: nn.Module, max_epochs: int | None) -> BoundPlan:
        """Hold the plan against a network and a budget.

        Raises:
            InputError: see the class.
        """
        self.bound = BoundPlan(
            network,
            max_epochs if max_epochs and max_epochs > 0 else None,
            self.phases,
            self.frozen,
            self.one_stage_every_n_epochs,
            self.lr_decay,
            self.lr_scales,
        )
        self.cached = cached_features(self.bound, self.frozen_mode) if self.cache_features else None
        return self.bound

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        task: Any = pl_module
        if stage != "fit":
            return
        network = network_of(task)
        if not any(True for _ in network.parameters()):
            raise InputError(f"finetune: {type(task).__name__} has no parameters to train")
        if self.cache_features and network is task:
            raise InputError(
                f"finetune.cache_features: {type(task).__name__} has no 'network' whose forward could be stood in for; "
                "allowed: self.network = ... and self.network(x) in its steps, or cache_features=False"
            )
        if self.bound is None or self.bound.network is not network:
            endless = trainer.fast_dev_run  # type: ignore[attr-defined]  # set on the instance
            self.bind(network, None if endless else trainer.max_epochs)
        bound = self._plan
        self.applied = AppliedPlan(bound, self.frozen_mode, self.cached, OptimizerInForce(bound, task, trainer))
        if hasattr(task, "parameter_groups"):
            task.parameter_groups = lambda _: bound.groups()

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        check_optimizers(self._plan, trainer.optimizers, type(pl_module).__name__)
        self._apply(trainer)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._apply(trainer)
        if self.cached:
            self.cached.doubt()

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        if self.cached and trainer.is_last_batch:
            self.cached.hold()

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self._apply(trainer)  # an epoch that is gone on with has no start

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._plan.waits and not decided_by_training(trainer, self.plateau.monitor):
            self.plateau.observe(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._plan.waits and decided_by_training(trainer, self.plateau.monitor):
            self.plateau.observe(trainer)
        self.plateau.begin_waiting(self._plan, trainer)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.applied.end()

    def events(self, epoch: int) -> list[str]:
        """What the row of an epoch is marked with: what begins with it.

        ``unfreeze``, ``freeze``, ``optimizer`` for another one and ``schedule`` for another one that the old one goes
        on by.
        """
        plan = self._plan
        now, before = plan.trainable_at(epoch), plan.trainable_at(epoch - 1)
        found = {"unfreeze": epoch > 0 and bool(now - before), "freeze": bool(before - now)}
        if (made_by := plan.remade_at(epoch)) != plan.remade_at(epoch - 1):
            found["optimizer" if plan.phases[made_by].optimizer else "schedule"] = True
        return [name for name, begins in found.items() if begins]

    def state_dict(self) -> dict[str, Any]:
        began = self.bound.began if self.bound else {}
        phase = self.applied.optimizer.phase if hasattr(self, "applied") else 0
        kept = {"scores": self.plateau.scores, "began": began, "told_start": self.told_start}
        return kept | ({"optimizer_of_phase": phase} if phase else {})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.plateau.scores, began, self.told_start = kept_plan(state_dict, self._plan)
        for phase, epoch in began.items():
            self._plan.begin(phase, epoch)
        phase = kept_phase(state_dict, self._plan)
        if hasattr(self, "applied"):
            self.applied.optimizer.put(phase)

    @property
    def _plan(self) -> BoundPlan:
        assert self.bound is not None, "setup binds it"
        return self.bound

    def _apply(self, trainer: L.Trainer) -> None:
        self.applied.apply(trainer)
        if (last_start := self._plan.last_start()) != self.told_start:
            self.told_start = last_start
            for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set on the instance
                if hasattr(callback, "begin_anew"):
                    callback.begin_anew(last_start)
