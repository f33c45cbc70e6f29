"""A command line of epochs.py as Hydra takes it."""

import re

from epochwise.epochs.doubled_counts import doubled_up_to
from epochwise.input_error import InputError


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
