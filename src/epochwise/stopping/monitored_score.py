"""The score that decides, as it was logged last."""

import lightning as L
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.input_error import InputError
from epochwise.run.score_names import is_of_training


def monitored_score(trainer: L.Trainer, monitor: str, key: str = "monitor") -> float | None:
    """Read a score from what was logged.

    Args:
        trainer: after a validation, or at the end of an epoch for a score of ``train``.
        monitor: its name, such as ``val/loss``, or as a module of one's own logs it.
        key: what an error calls it.

    Returns:
        The score; None where it is no score of a training: in Lightning's check before the first step, which may log
        nothing or be passed over, and in ``trainer.validate``.

    Raises:
        InputError: it is not among what was logged; before the first step where validation is checked first.
    """
    metrics = trainer.callback_metrics
    if trainer.state.fn != TrainerFn.FITTING:
        return None
    # Of several loaders Lightning keeps nothing of its check.
    is_silent = trainer.sanity_checking and (not metrics or len(trainer.num_sanity_val_batches) > 1)
    if monitor not in metrics and not is_silent:
        hint = InputError.closest(monitor, list(metrics))
        raise InputError(f"{key}: {monitor!r} is never logged; allowed: {', '.join(sorted(metrics))}{hint}")
    return None if trainer.sanity_checking else float(metrics[monitor])


def decided_by_training(trainer: L.Trainer, monitor: str) -> bool:
    """Whether a score is known at the end of an epoch, and not at that of a validation."""
    return is_of_training(monitor) or not trainer.enable_validation
