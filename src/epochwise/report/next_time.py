"""The count of epochs to train next time, in words."""

from collections.abc import Mapping
from typing import Any


def next_time(found: Mapping[str, Any]) -> str:
    """``12 epochs (10 to 12 are within the noise)``, or ``at least 12 epochs`` and why no count is known to be enough.

    Args:
        found: what ``epochs.analysis.analyse`` says of a run, with a count.
    """
    count = found["recommended_epochs"]
    plural = "" if count["value"] == 1 else "s"
    if not count.get("at_least"):
        return f"{count['value']:,} epoch{plural} ({count['low']} to {count['high']} are within the noise)"
    undecided = found["verdict"]["label"] == "undecided"
    why = "its schedule ended" if is_unsettled(found) else "too few to tell" if undecided else "it still improves"
    return f"at least {count['value']:,} epoch{plural}: {why}"


def is_unsettled(found: Mapping[str, Any]) -> bool:
    """Whether the count is a least one since the schedule ended: counts with their own schedules would settle it."""
    count, end = found["recommended_epochs"], found.get("schedule_end")
    return bool(count and count.get("at_least") and end and end["ended"])
