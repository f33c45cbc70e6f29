"""Schedules as Lightning steps them: by step, by time, resumed."""

import inspect
import sys
from collections.abc import Callable
from math import ceil, isfinite
from typing import Any

import lightning as L
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

from epochwise.input_error import InputError
from epochwise.run.stopper import training_clock
from epochwise.scheduler.made_alone import goes_by_step


def scale_rates(optimizer: Optimizer) -> None:
    """Multiply the rate of each group that has an ``lr_scale`` by it, before a schedule is made of them."""
    for group in optimizer.param_groups:
        group["lr"] = group["lr"] * group.get("lr_scale", 1.0)


def scaled_peaks(make_scheduler: Callable[..., Any], optimizer: Optimizer) -> dict[str, Any]:
    """The rates that a schedule sets itself, such as ``OneCycleLR``'s ``max_lr``, scaled for each group.

    Args:
        make_scheduler: a ``functools.partial``, or the class.
        optimizer: its groups have an ``lr_scale`` each, or none.

    Returns:
        Arguments to make the schedule with, in place of its own; none where all groups share one rate, or where the
        schedule goes by the groups' rates as they are.
    """
    scales = [group.get("lr_scale", 1.0) for group in optimizer.param_groups]
    if set(scales) == {1.0}:
        return {}
    own = {
        name: parameter.default
        for name, parameter in inspect.signature(make_scheduler).parameters.items()
        if name in ("max_lr", "base_lr", "min_lr") and isinstance(parameter.default, (int, float))
    }
    return {name: [rate * scale for scale in scales] for name, rate in own.items()}


#: What PyTorch's schedules keep of their horizon in a checkpoint.
HORIZON = ("total_steps", "_schedule_phases", "T_max", "milestones")
#: Where a schedule stands, and the rate it has set there.
PLACE = ("last_epoch", "_step_count", "_last_lr", "lr_lambdas", "optimizer")

#: Schedules by steps whose rates follow from the step alone, so that they can be put to any.
FROM_STEP = (LambdaLR, OneCycleLR)


class ResumedSchedule:
    """What a checkpoint says of optimizer and schedule, against what the config says now."""

    @staticmethod
    def forget_horizon(states: list[dict[str, Any]]) -> None:
        """Leave out of the schedules' states how far they go: that is for the config to say."""
        for state in states:
            for name in HORIZON:
                state.pop(name, None)

    @staticmethod
    def take_changes(optimizer: Optimizer, schedule: Any, before: Any, now: Any) -> None:
        """Put the settings that were changed in the place of those from the checkpoint; all else stays as it was.

        Args:
            optimizer: as it was loaded, with its moments.
            schedule: as it was loaded. Where its rates do not follow from the step (``set_rates``), the rate keeps what
                the schedule had made of it: two drops of a plateau stay two drops.
            before: (optimizer, schedule), made anew with the settings of the checkpoint.
            now: the same with those of the config. In what the two differ, that was changed.
        """
        groups = zip(optimizer.param_groups, before[0].param_groups, now[0].param_groups, strict=True)
        for group, old, new in groups:
            rates = _base(old), _base(new)
            if rates[0] != rates[1]:
                group["lr"] = group["lr"] * (rates[1] / rates[0]) if rates[0] and group["lr"] != rates[0] else rates[1]
            for name in new.keys() - {"params", "lr"}:
                if name not in old or old[name] != new[name]:
                    group[name] = new[name]
        old_state, new_state = vars(before[1]), vars(now[1])
        for name in new_state.keys() & old_state.keys() - set(PLACE):
            if old_state[name] != new_state[name]:
                setattr(schedule, name, new_state[name])
        if closed_form := getattr(schedule, "_get_closed_form_lr", None):
            for group, rate in zip(optimizer.param_groups, closed_form(), strict=True):
                group["lr"] = rate
        elif isinstance(schedule, ReduceLROnPlateau):
            for group, least in zip(optimizer.param_groups, schedule.min_lrs, strict=True):
                group["lr"] = max(group["lr"], least)

    @staticmethod
    def go_to(schedule: Any, step: int) -> None:
        """Put a schedule whose rates follow from the step (``FROM_STEP``) where it is before a step, from 0."""
        schedule.last_epoch = step
        ResumedSchedule.set_rates(schedule)

    @staticmethod
    def set_rates(schedule: Any) -> None:
        """Set the rates of the next step, where they follow from the step: the checkpoint has those of before."""
        if isinstance(schedule, LambdaLR):
            groups, scales = schedule.optimizer.param_groups, schedule.lr_lambdas
            for group, rate, scale in zip(groups, schedule.base_lrs, scales, strict=True):
                group["lr"] = rate * scale(schedule.last_epoch)
        elif isinstance(schedule, OneCycleLR) and schedule.last_epoch < schedule.total_steps:
            schedule.last_epoch -= 1  # to where it was, to take its last step again
            schedule._step_count -= 1
            optimizer: Any = schedule.optimizer
            optimizer._opt_called = True  # in the life before; of the first step torch would warn
            schedule.step()


def _base(group: dict[str, Any]) -> float:
    """The rate that a schedule starts from."""
    return float(group.get("initial_lr", group["lr"]))


class ByTime(L.Callback):
    """Go through a schedule with the time where ``trainer.max_time`` may end the run before its epochs do.

    After a third of the time the schedule stands at a third of ``trainer.max_epochs``, or further where more of the
    epochs than of the time have passed: whichever ends the run, the schedule ends with it. Its epochs are then shares
    of the time: of 90 minutes and 30 epochs, ``warmup_epochs: 1`` are three minutes. The clock is that of
    ``trainer.max_time``, of rank 0, and goes on where a run does.
    """

    def __init__(self) -> None:
        self.cooldown_epoch: int | None = None

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        trainer.lr_scheduler_configs[0].frequency = sys.maxsize  # stepped here alone
        if trainer.global_step:  # in a run that goes on, maybe with epochs of another length
            taken = trainer.fit_loop.epoch_loop.batch_progress.current.completed
            self._go_on(trainer, pl_module, taken % int(trainer.num_training_batches))  # 0 behind a whole epoch

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._go_on(trainer, pl_module, batch_idx + 1)

    def _go_on(self, trainer: L.Trainer, pl_module: L.LightningModule, batches: int) -> None:
        """Step the schedule as far as the run has come, with so many batches of its epoch."""
        by_step = trainer.lr_scheduler_configs[0].interval == "step"
        over, accumulated = batches == trainer.num_training_batches, trainer.accumulate_grad_batches
        an_epoch = ceil(trainer.num_training_batches / accumulated) if by_step else 1
        # Not the run's steps: epochs before may have had another number of them.
        taken = trainer.current_epoch * an_epoch + (an_epoch if over else batches // accumulated * by_step)
        points = (trainer.max_epochs or 1) * an_epoch
        # The last point is that of the last step: there is none after it.
        due = trainer.strategy.broadcast(min(max(taken, int(points * _share(trainer))), points - 1))
        schedule: Any = pl_module.lr_schedulers()
        while schedule.last_epoch < due:
            schedule.step()
            if getattr(schedule, "cooldown_begins", False):
                self.cooldown_epoch = trainer.current_epoch + over  # with the next step

    def events(self, epoch: int) -> list[str]:
        """``cooldown`` for the epoch in which that of the schedule began, if it has one."""
        return ["cooldown"] * (epoch == self.cooldown_epoch)


def _share(trainer: L.Trainer) -> float:
    """Of the time, in [0, 1], how much is over."""
    clock = training_clock(trainer)
    assert clock is not None  # there is a bound, or this schedule would not be here
    elapsed, left = clock.time_elapsed(), clock.time_remaining()
    return 1.0 if left is None or left <= 0 else elapsed / (elapsed + left)


def lightning_schedule(
    make: Callable[..., Any], optimizer: Optimizer, trainer: L.Trainer, monitor: str | None = None
) -> dict[str, Any]:
    """Make a schedule and say when to step it, as ``configure_optimizers`` returns it.

    Args:
        make: of the optimizer, and of ``steps_per_epoch`` where it takes that; then it is stepped every optimizer step.
            ``functools.partial(Cosine, max_epochs=20)``, or a class of PyTorch's.
        optimizer: whose rates it sets.
        trainer: knows the steps of an epoch.
        monitor: what ReduceLROnPlateau follows.

    Raises:
        InputError: the schedule goes by the steps of an epoch, and the training data has no length; or it follows a
            score, and none is named.
    """
    given: dict[str, Any] = {}
    if goes_by_step(make):
        assert trainer.estimated_stepping_batches > 0  # it also makes the next number known
        batches = trainer.num_training_batches
        if not isfinite(batches):
            raise InputError(
                f"{_name(make)}: the training data has no length, so an epoch has no number of steps; allowed: "
                f"Trainer(limit_train_batches=N), or {_name(make)}(optimizer, max_epochs=1, steps_per_epoch=max_steps)"
            )
        given["steps_per_epoch"] = ceil(batches / trainer.accumulate_grad_batches)
    schedule = {
        "scheduler": make(optimizer, **given, **scaled_peaks(make, optimizer)),
        "interval": "step" if given else "epoch",
    }
    if isinstance(schedule["scheduler"], ReduceLROnPlateau):
        if monitor is None:
            raise InputError("ReduceLROnPlateau: it follows a score; allowed: monitor=, as the module logs it")
        schedule["monitor"] = monitor
    return schedule


def _name(make: Any) -> str:
    return str(getattr(getattr(make, "func", make), "__name__", make))
