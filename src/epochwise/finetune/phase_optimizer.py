"""Another optimizer or another schedule from a phase of a plan on."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning as L
import numpy as np
from torch.optim import Optimizer

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.phases import Phase
from epochwise.input_error import InputError
from epochwise.rules.schedule import horizon_key
from epochwise.scheduler.lightning_schedule import ByTime
from epochwise.scheduler.made_alone import check_made
from epochwise.task.optimized import averaged_weights

Makers = tuple[Callable[..., Any], Callable[..., Any]]
#: What schedules set in the groups of an optimizer, beside its rate.
SET_BY_SCHEDULES = ("lr", "initial_lr", "max_lr", "min_lr", "momentum", "betas", "base_momentum", "max_momentum")


class PhaseOptimizers:
    """What makes optimizer and schedule in each phase of a plan.

    A phase that names one of them begins its schedule anew, over the epochs that are left: its own, or the one of
    before where it names an optimizer alone.

    Args:
        plan: bound.
        optimizer: makes the run's own optimizer from parameter groups.
        scheduler: makes the run's own schedule from an optimizer.
    """

    def __init__(self, plan: BoundPlan, optimizer: Callable[..., Any], scheduler: Callable[..., Any]) -> None:
        self.plan, self.own = plan, (optimizer, scheduler)

    def makers(self, phase: int) -> Makers:
        """What makes optimizer and schedule from a phase on, counted from 0: the run's own in the first."""
        start = self.plan.starts[phase]
        return self._makers(phase, start or 0)

    def _makers(self, phase: int, start: int) -> Makers:
        optimizer, scheduler = self.own
        for one in self.plan.phases[: phase + 1]:
            optimizer, scheduler = one.optimizer or optimizer, one.scheduler or scheduler
        if self.plan.phases[phase].is_remade and self.plan.max_epochs is not None:
            scheduler = over(scheduler, self.plan.max_epochs - start)
        return optimizer, scheduler

    def rates(self, run_through: Callable[..., Any], max_epochs: int, points: int) -> np.ndarray | None:
        """The rates of a whole run, at so many points of an epoch; ``None`` where scores decide on some.

        Args:
            run_through: runs one schedule through (``resume.extension.schedule_rates``).
            max_epochs: of the run.
            points: of an epoch.
        """
        by_phase = [self.plan.remade_at(epoch) for epoch in range(max_epochs)]
        found: list[np.ndarray] = []
        for phase in dict.fromkeys(by_phase):
            epochs = by_phase.count(phase)
            rates, of_an_epoch = run_through(*self.makers(phase), epochs, points)
            if not rates:
                return None
            found.append(np.repeat(rates, points // of_an_epoch)[: epochs * points])
        return np.concatenate(found)

    def check(self) -> None:
        """Make all of them once, so that what they refuse shows before the first step.

        Raises:
            InputError: one refuses its settings or is of another kind; a schedule is to end elsewhere than the run; or
                the run has no end, and the schedule needs one.
        """
        for index, phase in enumerate(self.plan.phases):
            if phase.is_remade:
                self._check(index, phase, f"finetune.phases.{index}")

    def _check(self, index: int, phase: Phase, place: str) -> None:
        # One that waits may begin as late as the next phase, or with the last epoch: there its schedule is shortest.
        max_epochs, start = self.plan.max_epochs, self.plan.starts[index]
        latest = start if start is not None else (max_epochs or 1) - 1
        if phase.scheduler is not None:
            _check_horizon(phase, max_epochs, None if max_epochs is None else max_epochs - latest, f"{place}.scheduler")
        make_optimizer, make_scheduler = self._makers(index, latest)
        # What a phase leaves out is that of before: what it refuses lies in what the phase names.
        keys = [
            f"{place}.{name if getattr(phase, name) else other}"
            for name, other in (("optimizer", "scheduler"), ("scheduler", "optimizer"))
        ]
        check_made(make_optimizer, make_scheduler, *keys)


def over(scheduler: Callable[..., Any], epochs: int) -> Callable[..., Any]:
    """What makes the same schedule over a number of epochs, where it has an end at all."""
    key = horizon_key(inspect.signature(scheduler).parameters)
    return partial(scheduler, **{key: epochs}) if key and not _keywords(scheduler).get("total_steps") else scheduler


def _keywords(make: Any) -> dict[str, Any]:
    """The arguments that a ``functools.partial`` has; none of what is called as it is."""
    return dict(getattr(make, "keywords", {}))


def _check_horizon(phase: Phase, max_epochs: int | None, left: int | None, place: str) -> None:
    assert phase.scheduler is not None
    key = horizon_key(inspect.signature(phase.scheduler).parameters)
    if key is None:
        return
    given = _keywords(phase.scheduler).get(key)
    if max_epochs is None and not given:
        raise InputError(f"{place}.{key}: the run has no last epoch; say over how many epochs the schedule goes")
    allowed = [max_epochs, *([left] if phase.at_epoch is not None else [])]
    if max_epochs is not None and given is not None and given not in allowed:
        said = f"the {left} epochs that are left" if phase.at_epoch is not None else "all that are left"
        raise InputError(f"{place}.{key}: got {given}, allowed: nothing, it goes over {said}")


def optimizer_line(phase: Phase, start: int | None) -> str:
    """What a phase says of optimizer and schedule, in words.

    Args:
        phase: one that names one of them.
        start: the epoch that it begins with, from 0; the latest one where it waits; ``None`` where that is not known.
    """
    words: list[str] = []
    if phase.optimizer is not None:
        rate = _keywords(phase.optimizer).get("lr")
        words += [_name(phase.optimizer), *([] if rate is None else [f"lr {rate:g}"])]
    words += [] if phase.scheduler is None else [_name(phase.scheduler)]
    when = f"from epoch {start}" if start is not None else "from a plateau on"
    return f"{when}{', or a plateau before' * (phase.at_epoch is None and start is not None)}: {', '.join(words)}"


def _name(make: Any) -> str:
    while isinstance(make, partial):
        make = make.func
    return str(getattr(make, "__name__", type(make).__name__))


class OptimizerInForce:
    """The optimizer that a run has now, and its change where a phase begins.

    It belongs to one process. Which phase made the optimizer is in the checkpoint (``phase``): Lightning loads its
    state into what ``configure_optimizers`` makes, which has to be of that phase and not of the epoch that follows.

    Args:
        plan: bound.
        task: an ``Optimized``, or any module where no phase names an optimizer or a schedule.
        trainer: with its callbacks.

    Raises:
        InputError: a phase does, and the module makes its optimizer itself, or a callback drives the schedule; or see
            ``PhaseOptimizers.check``.
    """

    def __init__(self, plan: BoundPlan, task: Any, trainer: Any) -> None:
        self.plan, self.task, self.phase = plan, task, 0
        self.made: PhaseOptimizers | None = None
        first = next((index for index, phase in enumerate(plan.phases) if phase.is_remade), None)
        if first is None:
            return
        if not hasattr(task, "made_by_phase"):
            raise InputError(
                f"finetune.phases.{first}: {type(task).__name__} makes its optimizer itself, so a phase cannot change "
                "it; allowed: a task of epochwise.task.optimized.Optimized"
            )
        for callback in trainer.callbacks:
            if isinstance(callback, ByTime) or hasattr(callback, "pace"):  # a stopping that ends the schedule itself
                driver = "trainer.max_time" if isinstance(callback, ByTime) else "stopping=adaptive"
                raise InputError(
                    f"finetune.phases.{first}: {driver} drives the run's own schedule from its first epoch to its "
                    "last; allowed with an optimizer or schedule by phase: another stopping, and a bound in epochs"
                )
        self.made = PhaseOptimizers(plan, task.make_optimizer, task.make_scheduler)
        if not trainer.fast_dev_run:  # which ends before any of them
            self.made.check()
        self.put(0)

    def put(self, phase: int) -> None:
        """Let the next ``configure_optimizers`` make what a phase names."""
        self.phase = phase
        if self.made is not None:
            self.task.made_by_phase = self.made.makers(phase) if phase else None
            self.task.schedule_from_epoch = self.plan.starts[phase] if phase else 0

    def end(self) -> None:
        """Let the task make the run's own again; which phase made what it has now stays known."""
        if self.made is not None:
            self.task.made_by_phase, self.task.schedule_from_epoch = None, 0

    def apply(self, trainer: L.Trainer) -> None:
        """Change optimizer and schedule where the epoch that the trainer is in has others."""
        due = self.plan.remade_at(trainer.current_epoch)
        if self.made is None or due == self.phase:
            return
        before = trainer.optimizers[0]
        averaged_weights([before], score=True)  # of an optimizer that averages, its average is what goes on
        was = self.made.makers(self.phase)[0]
        self.put(due)
        trainer.strategy.setup_optimizers(trainer)
        if self.made.makers(due)[0] is was:
            _go_on_with_moments(trainer.optimizers[0], before)


def _go_on_with_moments(optimizer: Optimizer, before: Optimizer) -> None:
    """Give an optimizer the state of another one of its kind, but for what the new schedule has set."""
    kept, made = before.state_dict(), optimizer.state_dict()
    groups = [
        old | {name: new[name] for name in SET_BY_SCHEDULES if name in new}
        for old, new in zip(kept["param_groups"], made["param_groups"], strict=True)
    ]
    optimizer.load_state_dict({**kept, "param_groups": groups})
