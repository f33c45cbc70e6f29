"""Values that JSON has."""

import math
from typing import Any


def finite(value: Any) -> Any:
    """The same nested dicts and lists with None for each number that is not finite: JSON has no such numbers."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
