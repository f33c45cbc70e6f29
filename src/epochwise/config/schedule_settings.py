"""Settings of the learning rate's schedule, held against the epochs there are."""

from typing import Any

from epochwise.config.epoch_findings import EpochFindings
from epochwise.config.horizon_key import horizon_key
from epochwise.config.number import number


def check_schedule_settings(
    found: EpochFindings, optimizer: dict[str, Any], scheduler: dict[str, Any], stopping: dict[str, Any], budget: float
) -> None:
    """Compare horizon, warm-up and a plateau's patience with the budget and with the patience that ends a run.

    Args:
        found: what is found is added to it.
        optimizer: its node, as the others.
        scheduler: known by the names of its settings.
        stopping: known by the names of its settings.
        budget: epochs.
    """
    if str(optimizer.get("_target_")).startswith("schedulefree.") and _moves(scheduler):
        found.notes.append("the optimizer averages instead of lowering the rate; scheduler=none leaves the rate to it")
    _plateau(found, scheduler, stopping)
    _schedule(found, scheduler, stopping, budget)


def _moves(scheduler: dict[str, Any]) -> bool:
    """Whether a schedule is known to change the rate."""
    return bool(scheduler) and not str(scheduler.get("_target_")).endswith(".ConstantLR")


def _plateau(found: EpochFindings, scheduler: dict[str, Any], stopping: dict[str, Any]) -> None:
    waits, patience = number(scheduler, "patience"), number(stopping, "patience")
    if waits is not None and patience is not None and waits + 1 >= patience:
        found.faults["scheduler.patience"] = (
            f"scheduler.patience: got {waits}, allowed: below {patience - 1}: the rate falls after {waits + 1} "
            f"validations without improvement, and stopping.patience={patience} ends the run before that helps"
        )


def _schedule(found: EpochFindings, scheduler: dict[str, Any], stopping: dict[str, Any], budget: float) -> None:
    key = horizon_key(scheduler) or "max_epochs"
    horizon, warmup = number(scheduler, key), number(scheduler, "warmup_epochs")
    rise = number(scheduler, "pct_start")
    if horizon is not None and horizon < budget:
        if "pct_start" in scheduler or not number(scheduler, "final_lr_scale"):
            found.faults[f"scheduler.{key}"] = (
                f"scheduler.{key}: got {horizon}, allowed: at least trainer.max_epochs={budget}: nothing is learned at "
                "the rate where the schedule ends"
            )
        else:
            found.notes.append(f"scheduler.{key}={horizon}: from there to epoch {budget} the rate stays where it is")
    elif horizon is not None and horizon > budget:
        found.notes.append(
            f"scheduler.{key}={horizon} is beyond trainer.max_epochs={budget}: the rate has not come down at the end"
        )
    rises = warmup if warmup is not None else rise * (horizon or budget) if rise is not None else 0
    if rises >= budget > 1:
        found.faults["scheduler.warmup_epochs"] = (
            f"scheduler.warmup_epochs: got {rises:g}, allowed: below trainer.max_epochs={budget}"
        )
        return
    patience, start = number(stopping, "patience"), number(stopping, "start_epoch") or 0
    if patience is not None and start + patience < rises:
        found.notes.append(
            f"the rate rises until epoch {rises:g}, and stopping.patience={patience} may end the run before; "
            f"stopping.start_epoch={round(rises)} waits for it"
        )
