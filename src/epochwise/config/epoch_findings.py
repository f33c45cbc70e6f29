"""What was found of settings that count epochs."""

from typing import NamedTuple


class EpochFindings(NamedTuple):
    """Faults and doubts.

    Args:
        faults: dotted key -> line, for each contradiction: what is asked for cannot happen.
        notes: a line for each setting that is doubtful: what will happen.
    """

    faults: dict[str, str]
    notes: list[str]
