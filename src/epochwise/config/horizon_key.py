"""The setting that says how many epochs a schedule is drawn over."""

from collections.abc import Container


def horizon_key(scheduler: Container[str]) -> str | None:
    """``max_epochs``, or torch's ``epochs``; ``None`` for a schedule without an end."""
    return next((key for key in ("max_epochs", "epochs") if key in scheduler), None)
