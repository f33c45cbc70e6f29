"""The epochs of a finetune plan, held against the epochs there are."""

from typing import Any

from epochwise.config.epoch_findings import EpochFindings
from epochwise.config.number import number


def check_unfreeze_settings(
    found: EpochFindings, finetune: dict[str, Any], stopping: dict[str, Any], budget: float
) -> int | float:
    """Compare when layers are unfrozen with the budget, and with who might end the run before.

    Args:
        found: what is found is added to it.
        finetune: its node; its ``phases`` are looked at.
        stopping: its node. Lightning's EarlyStopping, unlike what is here, does not wait for the last phase.
        budget: epochs.

    Returns:
        The epoch with which the last phase begins that has one; patience counts from there on.
    """
    phases = finetune.get("phases")
    last: int | float = 0
    for index, phase in enumerate(phases if isinstance(phases, list) else ()):
        at_epoch = number(phase, "at_epoch") if isinstance(phase, dict) else None
        if at_epoch is None:
            continue
        key = f"finetune.phases.{index}.at_epoch"
        if at_epoch >= budget:
            found.faults[key] = f"{key}: got {at_epoch}, allowed: below trainer.max_epochs={budget}"
        else:
            last = max(last, at_epoch)
    patience = number(stopping, "patience")
    if str(stopping.get("_target_")).endswith(".EarlyStopping") and patience is not None and patience < last:
        found.notes.append(
            f"stopping.patience={patience} counts through frozen phases and may end the run before the one of epoch "
            f"{last} begins; stopping=early waits for it"
        )
    return last
