"""A budget of time, in seconds."""

import re
from typing import Any

UNITS = {"s": 1, "min": 60, "h": 3600}  # seconds


def budget_seconds(budget: Any) -> float | None:
    """Read ``"90s"``, ``"90min"`` or ``"1.5h"``; ``None`` for a count of anything else, and for what is no budget."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*(s|min|h)\s*", budget) if isinstance(budget, str) else None
    return float(found[1]) * UNITS[found[2]] if found else None
