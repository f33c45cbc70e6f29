"""An optimizer and a schedule in a run that goes on, maybe with other settings."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

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
