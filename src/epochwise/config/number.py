"""A setting that is a number, where it is one."""

from typing import Any


def number(node: dict[str, Any], key: str) -> int | float | None:
    """The value of a key; ``None`` where it is missing or of another kind, which is a fault of its own."""
    value = node.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
