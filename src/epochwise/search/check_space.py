"""Whether all that a search may draw can be trained, before the first trial."""

from typing import Any

from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.search.space import Space

MOST_CHOICES = 100  # of one key that are looked at


def check_space(space: Space) -> None:
    """Check each choice of a setting, and both ends of an interval or range, with files that have it.

    Raises:
        InputError: a line for each value that its class does not take.
    """
    faults: dict[str, None] = {}
    for key in space.values:
        files = next(files for files, keys in space.keys.items() if key in keys)
        drawn: Any = space.drawn[key]
        values = drawn.choices[:MOST_CHOICES] if hasattr(drawn, "choices") else (drawn.low, drawn.high)
        for value in values:
            try:
                check(space.compose([*files, f"{key}={value}"]), "search")
            except InputError as error:
                faults |= dict.fromkeys(f"space: {line}" for line in error.lines)
    if faults:
        raise InputError(*faults)
