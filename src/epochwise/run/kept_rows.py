"""What the epoch log keeps in a checkpoint."""

from typing import Any

MOST = 2**53  # steps and samples: whole numbers that a float holds too


def kept_rows_fault(kept: Any) -> str | None:
    """Say what is wrong with what ``EpochLog`` is to take over from a checkpoint, which may be a stranger's.

    Args:
        kept: the checkpoint's ``epoch_log``.

    Returns:
        What is not as a run writes it; ``None`` where all is.
    """
    if not isinstance(kept, dict):
        return "has no 'epoch_log'"
    counts, names = ("samples", "epoch_samples", "logged_step"), ("step_scores", "epoch_scores")
    if not all(is_count(kept.get(name)) for name in counts):
        return "has an 'epoch_log' without counts"
    if not all(isinstance(kept.get(name), list) and all(isinstance(s, str) for s in kept[name]) for name in names):
        return "has an 'epoch_log' without names of scores"
    for name in ("val_scores", "phases"):
        named = kept.get(name)
        if not isinstance(named, dict) or not all(isinstance(k, str) and _is_number(v) for k, v in named.items()):
            return f"has an 'epoch_log' without {name.replace('_', ' ')}"
    drawn = kept.get("drawn") or {}
    if not isinstance(drawn, dict) or not all(isinstance(k, str) and is_count(v) for k, v in drawn.items()):
        return "has an 'epoch_log' without counts of points"
    rows = kept.get("rows")
    if not isinstance(rows, list) or not all(_is_row(row, epoch) for epoch, row in enumerate(rows)):
        return "has an 'epoch_log' without one row an epoch"
    return None


def is_count(value: Any) -> bool:
    """Whether it is a whole number of epochs, steps or samples."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_row(row: Any, epoch: int) -> bool:
    if not isinstance(row, dict) or row.get("epoch") != epoch or not is_count(row.get("step")):
        return False
    plain = (value is None or isinstance(value, (int, float, str)) for value in row.values())
    return all(isinstance(name, str) for name in row) and all(plain)
