"""A command line of evaluate.py as Hydra takes it."""

from epochwise.config.named_run import named_run
from epochwise.config.quoted_value import quoted_value
from epochwise.input_error import InputError

CHECKPOINTS = ("best", "last")


def evaluate_words(words: list[str]) -> list[str]:
    """Put a run's folder in the place of what is named in it, and the checkpoint beside it.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra.

    Raises:
        InputError: no such run, or a checkpoint that ``ckpt=`` does not name too.
    """
    named = [word for word in words if word.startswith("run=") and not word.startswith(("run='", 'run="', "run=$"))]
    if not named or named[-1] == "run=":
        return words
    folder, ckpt = named_run(named[-1].removeprefix("run="))
    rest = [word for word in words if word not in named]
    asked = [word.removeprefix("ckpt=") for word in rest if word.startswith("ckpt=")]
    if ckpt is not None and asked and asked[-1] != ckpt:
        raise InputError(f"ckpt: got {asked[-1]}, but run= names {ckpt}.ckpt; allowed: one of them")
    return [f"run={quoted_value(str(folder))}", *rest, *([f"ckpt={ckpt}"] if ckpt is not None and not asked else [])]
