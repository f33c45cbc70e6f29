"""What a plan keeps in a checkpoint, which may be a stranger's."""

from typing import Any, NamedTuple

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.input_error import InputError
from epochwise.run.kept_rows import is_count


class KeptPlan(NamedTuple):
    """What does not follow from the epoch.

    Args:
        scores: epoch -> the score that a plateau is found in.
        began: phase that waited -> the epoch it began with.
        told_start: the epoch of the last phase, as whoever stops the run was told.
    """

    scores: dict[int, float]
    began: dict[int, int]
    told_start: int


def kept_plan(state: Any, plan: BoundPlan) -> KeptPlan:
    """Take over what was kept, held to what the plan at hand would have kept.

    Raises:
        InputError: a value is missing or of another kind, or a phase is said to have begun that waits for nothing or
            does not come in the order of the phases: the plan was another one.
    """
    values: list[Any] = [state.get(name) if isinstance(state, dict) else None for name in KeptPlan._fields]
    scores, began, told = values
    kinds = isinstance(scores, dict) and isinstance(began, dict) and is_count(told)
    if not kinds or not all(is_count(epoch) and isinstance(score, float) for epoch, score in scores.items()):
        raise InputError("finetune: what the checkpoint keeps of the plan is not what a run writes")
    waiting = [index for index, phase in enumerate(plan.phases) if phase.at_epoch is None]
    if not began.keys() <= set(waiting) or not all(map(is_count, began.values())):
        raise InputError(
            f"finetune.phases: the checkpoint says that phases {sorted(map(str, began))} began after a plateau; those "
            f"that wait for one are {waiting}: go on with the phases that the run began with"
        )
    return KeptPlan(scores, began, told)
