"""The best epoch of a table."""

import math
from collections.abc import Sequence

from epochwise.run.epochs_csv import Row


def best_row(rows: Sequence[Row], monitor: str, mode: str) -> Row | None:
    """The row with the best score, the first of equals; ``None`` where no row has one that is a number."""
    scored = [row for row in rows if isinstance(score := row.get(monitor), (int, float)) and math.isfinite(score)]
    sign = 1.0 if mode == "min" else -1.0
    return min(scored, key=lambda row: sign * float(row[monitor] or 0.0), default=None)
