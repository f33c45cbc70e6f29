"""The epochs of a finetune plan, held against the epochs there are."""

from typing import Any

from epochwise.config.epoch_findings import EpochFindings
from epochwise.config.number import number


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
