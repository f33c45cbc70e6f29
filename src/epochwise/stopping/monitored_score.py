"""The score that decides, as it was logged last."""

import lightning as L

from epochwise.input_error import InputError


def monitored_score(trainer: L.Trainer, monitor: str) -> float:
    """Read a score from what was logged.

    Args:
        trainer: after a validation, or at the end of an epoch for a score of ``train``.
        monitor: its name, such as ``val/loss``.

    Raises:
        InputError: it is not among what was logged; before the first step where validation is checked first.
    """
    metrics = trainer.callback_metrics
    if monitor not in metrics:
        hint = InputError.closest(monitor, list(metrics))
        raise InputError(f"monitor: {monitor!r} is never logged; allowed: {', '.join(sorted(metrics))}{hint}")
    return float(metrics[monitor])
