"""The epochs that made the weights of a run that went back to earlier ones."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

BACK = re.compile(r"\bback_to_(\d+)\b")


def on_the_way(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Leave out the epochs that a run went back behind: no weights came of them, and a count does not need them.

    Args:
        rows: those of ``epochs.csv``. The event ``back_to_3`` says that an epoch began with the weights of epoch 3.

    Returns:
        ``rows`` themselves where a run never went back.
    """
    for index in range(len(rows) - 1, -1, -1):
        if found := BACK.search(str(rows[index].get("events") or "")):
            return [*on_the_way(rows[: int(found[1]) + 1]), *rows[index:]]
    return rows
