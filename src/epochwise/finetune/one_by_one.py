"""One more stage after another."""

from collections.abc import Sequence

from epochwise.finetune.phases import Phase, nearest_epoch, trainable_at
from epochwise.input_error import InputError


def one_by_one(
    phases: Sequence[Phase],
    every_n_epochs: float,
    stages: dict[str, list[str]],
    frozen: frozenset[str],
    max_epochs: int | None,
    key: str,
) -> list[Phase]:
    """Let the stages that no phase has unfrozen follow the last phase one by one, from the head down.

    Args:
        phases: those that are written; the last one has an epoch.
        every_n_epochs: epochs from one stage to the next, above 0; each begins with the nearest whole epoch.
        stages: see ``stages``.
        frozen: parameters that never train.
        max_epochs: of the run; ``None``: no bound.
        key: where ``every_n_epochs`` stands in the config.

    Returns:
        The phases and those that follow.

    Raises:
        InputError: the last phase waits for a plateau, nothing is left to follow, or a stage would follow too late.

    Source:
        Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.3.
    """
    last = phases[-1].at_epoch
    if last is None:
        raise InputError(f"{key}: nothing can follow by the epoch on a phase that waits for a plateau")
    training = trainable_at(last, phases, [0] * len(phases))
    waiting = {name: frozenset(own) - training - frozen for name, own in reversed(stages.items())}
    waiting = {name: own for name, own in waiting.items() if own}
    if not waiting:
        raise InputError(f"{key}: got {every_n_epochs}, but all that may train does so from epoch {last} on")
    found = list(phases)
    for count, (name, own) in enumerate(waiting.items(), start=1):
        at_epoch = last + count * every_n_epochs  # each for itself: rounding does not add up
        if max_epochs is not None and at_epoch >= max_epochs:
            most = (max_epochs - 1 - last) // len(waiting)
            allowed = f"at most {most}" if most else f"trainer.max_epochs={last + len(waiting) + 1} or more"
            raise InputError(
                f"{key}: got {every_n_epochs}, but {name!r} would begin to train at epoch {at_epoch:g}, beyond "
                f"trainer.max_epochs={max_epochs}; allowed: {allowed}"
            )
        found.append(Phase(nearest_epoch(at_epoch, max_epochs), own))
    return found
