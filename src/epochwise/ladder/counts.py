"""Which counts of epochs are tried."""

from collections.abc import Sequence

FIRST = 5  # epochs of the lowest rung of a ladder that finds its own end


def doublings(most: int, first: int = FIRST) -> list[int]:
    """5, 10, 20, ... up to a count, which is the last one where it is not among them.

    Args:
        most: the last count, at least 1.
        first: the first one.
    """
    counts = [min(first, most)]
    while counts[-1] * 2 <= most:
        counts.append(counts[-1] * 2)
    return counts


def seeds_of(seeds: int | Sequence[int], first: int) -> list[int]:
    """As many seeds from the first one on, or those that are named, each once."""
    return list(range(first, first + seeds)) if isinstance(seeds, int) else list(dict.fromkeys(seeds))
