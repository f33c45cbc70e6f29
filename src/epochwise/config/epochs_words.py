"""A command line of epochs.py as Hydra takes it."""

import re

from epochwise.input_error import InputError

#: Counts of a ladder that only its end is given of: each twice the one before.
RUNGS = 5


def epochs_words(words: list[str]) -> list[str]:
    """Turn lists without brackets into lists, and ``trainer.max_epochs=80`` into the counts up to it.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra.

    Raises:
        InputError: it asks for many runs of another kind, or says the count of a run beside ``counts``.
    """
    if "hydra.mode=RUN" in words:  # one job, as another process of it is started
        return words
    keys = [word.lstrip("+~").partition("=")[0] for word in words]
    if "-m" in words or "--multirun" in words:
        raise InputError("--multirun: epochs.py runs a job for each count and seed already; one setting at a time")
    found = []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if key in ("counts", "seeds") and re.fullmatch(r"\d+(\s*,\s*\d+)+,?|\d+,", value):
            found.append(f"{key}=[{value.rstrip(',')}]")
        elif key == "counts" and re.fullmatch(r"\d+", value):
            found.append(f"{key}=[{value}]")
        elif key == "trainer.max_epochs" and "counts" in keys:
            raise InputError(f"{word}: each of the counts has its own; leave it out")
        elif key == "trainer.max_epochs" and re.fullmatch(r"0*[1-9]\d*", value):
            found.append(f"counts=[{','.join(map(str, doubled_up_to(int(value))))}]")
        else:
            found.append(word)
    return found


def doubled_up_to(most: int, rungs: int = RUNGS) -> list[int]:
    """Counts of epochs, ascending, each about half of the next: 80 gives 5, 10, 20, 40, 80.

    Args:
        most: the last of them, at least 1.
        rungs: how many; fewer where they would begin below 2.
    """
    halves = {round(most / 2**rung) for rung in range(rungs)}
    return sorted({count for count in halves if count >= 2} | {most})
