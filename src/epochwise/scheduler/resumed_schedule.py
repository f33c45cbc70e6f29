"""A schedule in a run that goes on, maybe with another horizon."""

from typing import Any

from torch.optim.lr_scheduler import LambdaLR

#: What PyTorch's schedules keep of their horizon in a checkpoint.
HORIZON = ("total_steps", "_schedule_phases", "T_max", "milestones")


class ResumedSchedule:
    """What a checkpoint says of a schedule, against what the config says now."""

    @staticmethod
    def forget_horizon(states: list[dict[str, Any]]) -> None:
        """Leave out of the schedules' states how far they go: that is for the config to say."""
        for state in states:
            for name in HORIZON:
                state.pop(name, None)

    @staticmethod
    def set_rates(schedule: Any) -> None:
        """Set the rates of the next step, where they follow from the step: the checkpoint has those of before."""
        if isinstance(schedule, LambdaLR):
            groups, scales = schedule.optimizer.param_groups, schedule.lr_lambdas
            for group, rate, scale in zip(groups, schedule.base_lrs, scales, strict=True):
                group["lr"] = rate * scale(schedule.last_epoch)
