"""A command line of crossval.py as Hydra takes it."""

from epochwise.input_error import InputError


def crossval_words(words: list[str]) -> list[str]:
    """Turn ``groups=COLUMN`` into the two settings that it means, and let a choice of folds set what it needs.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra.

    Raises:
        InputError: it asks for many runs of another kind, or for a single fold.
    """
    keys = [word.lstrip("+~").partition("=")[0] for word in words]
    if "-m" in words or "--multirun" in words:
        raise InputError("--multirun: crossval.py runs a job for each fold already; one setting at a time")
    if "data.fold" in keys and "hydra.mode=RUN" not in words:
        raise InputError("data.fold: crossval.py runs all folds; a single one: add hydra.mode=RUN")
    found = []
    for word in words:
        key, _, value = word.partition("=")
        if key == "groups":
            found += [f"data.groups={value}", *["splitter=grouped"] * ("splitter" not in keys)]
            continue
        found.append(word)
        if word == "splitter=time_ordered" and "data.in_order" not in keys:
            found.append("data.in_order=true")
    return found
