"""A budget of time, as a clock shows it."""

import re
from math import ceil
from typing import Any

UNITS = {"s": 1, "min": 60, "h": 3600}  # seconds


def budget_time(budget: Any) -> str | None:
    """Read ``"90s"``, ``"90min"`` or ``"1.5h"`` as Lightning's ``DD:HH:MM:SS``, rounded up to seconds.

    ``None`` for a count of anything else, and for what is no budget.
    """
    seconds = seconds_of(budget)
    if seconds is None:
        return None
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    return f"{days:02}:{hours % 24:02}:{minutes % 60:02}:{seconds % 60:02}"


def seconds_of(budget: Any) -> int | None:
    """The same in seconds, rounded up."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*(s|min|h)\s*", budget) if isinstance(budget, str) else None
    return ceil(float(found[1]) * UNITS[found[2]]) if found else None
