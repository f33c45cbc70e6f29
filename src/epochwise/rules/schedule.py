"""Settings of a schedule, or of unfreezing, that do not go with the epochs that there are."""

from collections.abc import Container, Mapping
from math import ceil
from typing import Any, NamedTuple

from epochwise.rules.monitor import number


class EpochFindings(NamedTuple):
    """Faults and doubts.

    Args:
        faults: dotted key -> line, for each contradiction: what is asked for cannot happen.
        notes: a line for each setting that is doubtful: what will happen.
    """

    faults: dict[str, str]
    notes: list[str]


def horizon_key(scheduler: Container[str]) -> str | None:
    """``max_epochs``, or torch's ``epochs``; ``None`` for a schedule without an end."""
    return next((key for key in ("max_epochs", "epochs") if key in scheduler), None)


def is_constant(scheduler: Mapping[Any, Any]) -> bool:
    """Whether a schedule's node leaves the rate as it is, as ``scheduler=none`` does."""
    return str(scheduler.get("_target_")).endswith(".ConstantLR") and scheduler.get("factor") == 1


def remade_phases(finetune: Any) -> list[str]:
    """The keys by which phases of a plan name an optimizer or a schedule of their own."""
    phases = finetune.get("phases") if isinstance(finetune, dict) else None
    return [
        f"finetune.phases.{index}.{name}"
        for index, phase in enumerate(phases if isinstance(phases, list) else ())
        for name in ("optimizer", "scheduler")
        if isinstance(phase, dict) and name in phase
    ]


def check_schedule_settings(
    found: EpochFindings, optimizer: dict[str, Any], scheduler: dict[str, Any], stopping: dict[str, Any], budget: float
) -> None:
    """Compare horizon and warm-up with the budget and with the patience that ends a run.

    Args:
        found: what is found is added to it.
        optimizer: its node, as the others.
        scheduler: known by the names of its settings.
        stopping: known by the names of its settings.
        budget: epochs.
    """
    if str(optimizer.get("_target_")).startswith("schedulefree.") and _moves(scheduler):
        found.notes.append("the optimizer averages instead of lowering the rate; scheduler=none leaves the rate to it")
    _schedule(found, scheduler, stopping, budget)


def _moves(scheduler: dict[str, Any]) -> bool:
    """Whether a schedule is known to change the rate."""
    return bool(scheduler) and not str(scheduler.get("_target_")).endswith(".ConstantLR")


def check_plateau_settings(
    found: EpochFindings, scheduler: dict[str, Any], stopping: dict[str, Any], every: float | None
) -> None:
    """Compare the patience after which a rate falls, in validations, with the one that ends a run.

    Args:
        found: what is found is added to it.
        scheduler: known by the names of its settings.
        stopping: likewise; its patience counts epochs, or validations where ``patience_unit`` says so.
        every: epochs from one validation to the next; None where optimizer steps or batches say when.
    """
    waits, patience = number(scheduler, "patience"), number(stopping, "patience")
    unit = "validations" if stopping.get("patience_unit") == "validations" else "epochs"
    each = 1 if unit == "validations" else every
    if waits is not None and patience is not None and each is not None and (waits + 1) * each >= patience:
        within = f"allowed: below {ceil(patience / each) - 1:g}" if patience > each else "too many"
        found.faults["scheduler.patience"] = (
            f"scheduler.patience: got {waits}, {within}: the rate falls after {waits + 1} validations without "
            f"improvement, and stopping.patience={patience} {unit} ends the run before that helps"
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


def check_unfreeze_settings(
    found: EpochFindings,
    finetune: dict[str, Any],
    stoppers: dict[str, Any],
    budget: float,
    horizon: float | None = None,
) -> int | float:
    """Compare when layers are unfrozen with the budget, and with who might end the run before.

    Args:
        found: what is found is added to it.
        finetune: its node; its ``phases`` are looked at.
        stoppers: path -> node of all that may end a run. Lightning's EarlyStopping, unlike ours, does not wait for
            the last phase.
        budget: epochs.
        horizon: those that the schedule is drawn over; where they are more, the run is a piece of a longer one.

    Returns:
        The epoch with which the last phase begins that has one; patience counts from there on.
    """
    phases = finetune.get("phases")
    last: int | float = 0
    before: int | float | None = None
    for index, phase in enumerate(phases if isinstance(phases, list) else ()):
        at_epoch = number(phase, "at_epoch") if isinstance(phase, dict) else None
        if at_epoch is None:
            continue
        key = f"finetune.phases.{index}.at_epoch"
        if budget <= at_epoch < (horizon or 0):
            said = f"is not reached by trainer.max_epochs={budget}; the schedule goes on to {horizon}"
            found.notes.append(f"{key}={at_epoch} {said}")
        elif at_epoch >= budget:
            found.faults[key] = f"{key}: got {at_epoch}, allowed: below trainer.max_epochs={budget}"
        elif before is not None and at_epoch <= before:
            found.faults[key] = f"{key}: got {at_epoch}, allowed: above {before}, that of the phase before"
        else:
            last = max(last, at_epoch)
        before = at_epoch
    for key in remade_phases(finetune):
        _, _, place, name = key.split(".")
        node = finetune["phases"][int(place)][name]
        if not isinstance(node, dict) or "_target_" not in node or node.get("_partial_") is not True:
            got = repr(node) if not isinstance(node, dict) else "no _target_ and _partial_: true"
            found.faults[key] = (
                f"{key}: got {got}, allowed: a node as in conf/{name}, with _target_ and _partial_: true"
            )
    if every := number(finetune, "one_stage_every_n_epochs"):
        last += every  # of how many more there are the network knows; one there is
    for path, stopper in stoppers.items():
        patience = number(stopper, "patience") if isinstance(stopper, dict) else None
        if patience is not None and str(stopper.get("_target_")).endswith(".EarlyStopping") and patience < last:
            found.notes.append(
                f"{path}.patience={patience} counts through frozen phases and may end the run before the one of epoch "
                f"{last} begins; stopping=early waits for it"
            )
    return last
