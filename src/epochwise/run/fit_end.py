"""How a training ended, in words."""

from typing import Any


def fit_end(trainer: Any, epochs: int, max_time: str | None = None) -> dict[str, str]:
    """Say why ``fit`` came back.

    Args:
        trainer: after ``fit``; a callback of it that has a ``reason`` has ended it.
        epochs: that were trained, in all lives of the run.
        max_time: the Trainer's, as it was given, where it is known.

    Returns:
        ``status``, ``completed`` or ``stopped_early``, and ``reason``.
    """
    stopped = (reason for callback in trainer.callbacks if (reason := getattr(callback, "reason", None)))
    if reason := next(stopped, None):
        return {"status": "stopped_early", "reason": reason}
    said = f"trained all of its {counted(epochs, 'epoch')}"
    if few := trainer.fast_dev_run:
        said = f"trained {counted(int(few), 'batch', 'es')}, for trainer.fast_dev_run={few}"
    elif 0 <= trainer.max_steps <= trainer.global_step:
        said = f"trainer.max_steps={trainer.max_steps} was reached in epoch {epochs - 1}"
    elif trainer.should_stop and max_time:
        said = f"trainer.max_time={max_time} was over in epoch {epochs - 1}"
    return {"status": "completed", "reason": said}


def counted(number: int, thing: str, plural: str = "s") -> str:
    """``1 epoch``, ``1,200 epochs``; of a ``batch`` the plural is ``es``."""
    return f"{number:,} {thing}{'' if number == 1 else plural}"
