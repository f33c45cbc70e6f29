"""Counts of epochs, each about twice the one before."""

FIRST = 5  # epochs of the lowest rung of a ladder that finds its own end
RUNGS = 5  # of one that only its end is given of


def doubled_from(first: int, most: int) -> list[int]:
    """Counts from the first one on, none above ``most``: 5 and 50 give 5, 10, 20, 40.

    Args:
        first: at least 1; where it is above ``most``, that is the one count.
        most: at least 1.
    """
    counts = [min(first, most)]
    while counts[-1] * 2 <= most:
        counts.append(counts[-1] * 2)
    return counts


def doubled_up_to(most: int, rungs: int = RUNGS) -> list[int]:
    """Counts of epochs, ascending, each about half of the next: 80 gives 5, 10, 20, 40, 80.

    Args:
        most: the last of them, at least 1.
        rungs: how many; fewer where they would begin below 2.
    """
    halves = {round(most / 2**rung) for rung in range(rungs)}
    return sorted({count for count in halves if count >= 2} | {most})
