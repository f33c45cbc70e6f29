"""What happened in an epoch that a curve should show."""

from collections.abc import Mapping
from typing import Any


def epoch_events(trainer: Any, rates: Mapping[str, float], before: Mapping[str, Any], resumed: bool) -> list[str]:
    """Name what happened in the epoch that ends.

    Args:
        trainer: with its schedules, and with callbacks that may know ``events`` of an epoch of their own.
        rates: the learning rates of the epoch, by column.
        before: the row of the epoch before; empty for the first one.
        resumed: whether the run went on from a checkpoint within or before this epoch.

    Returns:
        Of ``resume``, the callbacks' own (``unfreeze``, ``freeze``), ``lr_drop``, ``cooldown`` and ``stop`` those that
        happened, in this order.
    """
    epoch, schedules = trainer.current_epoch, trainer.lr_scheduler_configs
    # A rate that moves every step has no drops, one that is set by the epoch has.
    by_epoch = any(schedule.interval == "epoch" for schedule in schedules)
    told = [event for callback in trainer.callbacks if hasattr(callback, "events") for event in callback.events(epoch)]
    names = {
        "lr_drop": by_epoch and any(0 < rate < float(before.get(name) or 0) for name, rate in rates.items()),
        # One that Lightning does not step is in other epochs than the run, as where it goes with the time.
        "cooldown": any(
            epoch == getattr(each.scheduler, "cooldown_epochs", (None,))[0] and each.frequency == 1
            for each in schedules
        ),
        "stop": trainer.should_stop,
    }
    return ["resume"] * resumed + told + [name for name, happened in names.items() if happened]
