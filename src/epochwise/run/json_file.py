"""A JSON file that a run or many runs have left."""

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 10_000_000


def read_json(file: Path) -> dict[str, Any]:
    """What it holds, by name; nothing where it is absent, damaged, larger than ``MOST_BYTES``, or no mapping."""
    try:
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
