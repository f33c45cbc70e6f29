"""What the command line of each command may say in words of its own."""

import re
from pathlib import Path

from epochwise.command_line.continued_run import named_run
from epochwise.command_line.override_text import quoted_value
from epochwise.input_error import InputError
from epochwise.ladder.jobs import doubled_up_to


def evaluate_words(words: list[str]) -> list[str]:
    """Put a run's folder in the place of what is named in it, and the checkpoint beside it.

    An exported file, in the place of a run, brings the run in whose ``exports`` it stands, if any.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra.

    Raises:
        InputError: no such run, or a checkpoint that ``ckpt=`` does not name too.
    """
    alone = [word for before, word in zip(["", *words], words, strict=False) if not before.startswith("-")]
    if places := [word for word in alone if re.match(r"[^-~+=][^=]*$", word) and Path(word).exists()]:
        raise InputError(*(f"{word}: here run={word}" for word in places))
    files = [word for word in words if re.match(r"exported=[^'\"$]", word) and word != "exported=null"]
    words = [f"exported={quoted_value(word[9:])}" if word in files else word for word in words]
    if files and not any(word.startswith("run=") for word in words):
        return [*words, f"run={_run_of(files[-1][9:])}"]
    named = [word for word in words if word.startswith("run=") and not word.startswith(("run='", 'run="', "run=$"))]
    if not named or named[-1] in ("run=", "run=null"):
        return words
    folder, ckpt = named_run(named[-1].removeprefix("run="))
    rest = [word for word in words if word not in named]
    asked = [word.removeprefix("ckpt=") for word in rest if word.startswith("ckpt=")]
    if ckpt is not None and asked and asked[-1] != ckpt:
        raise InputError(f"ckpt: got {asked[-1]}, but run= names {ckpt}.ckpt; allowed: one of them")
    return [f"run={quoted_value(str(folder))}", *rest, *([f"ckpt={ckpt}"] if ckpt is not None and not asked else [])]


def _run_of(exported: str) -> str:
    """The run in whose folder an exported file stands; null where it does not."""
    folder = Path(exported).expanduser().parent
    run = folder.parent
    return quoted_value(str(run)) if folder.name == "exports" and (run / "config.yaml").is_file() else "null"


def report_words(words: list[str]) -> list[str]:
    """Turn paths into ``runs=[...]`` and ``replay.patience=1,2,3`` into a list: nothing is swept here.

    Args:
        words: of the command line, without the program. A path is what has no ``=``, or is there.

    Returns:
        The words for Hydra.
    """
    paths = [word for word in words if _is_path(word)]
    others = [_as_list(word) for word in words if word not in paths]
    if not paths:
        return others
    return [*others, f"runs=[{','.join(map(quoted_value, paths))}]"]


def _is_path(word: str) -> bool:
    if word.startswith(("-", "~", "+")):
        return False
    return "=" not in word or Path(word).exists()


def _as_list(word: str) -> str:
    key, sign, value = word.partition("=")
    lists = ("replay.patience", "replay.min_delta", "replay.start_epoch", "replay.min_epochs", "runs")
    return f"{key}=[{value}]" if sign and key in lists and not value.startswith("[") else word


def _keys(words: list[str], jobs: str) -> list[str]:
    """The keys that words set, of a command that has jobs of its own, so that they cannot ask for others."""
    if "-m" in words or "--multirun" in words:
        raise InputError(f"--multirun: {jobs} already; one setting at a time")
    return [word.lstrip("+~").partition("=")[0] for word in words]


def crossval_words(words: list[str]) -> list[str]:
    """Turn ``groups=COLUMN`` into the two settings that it means, and let a choice of folds set what it needs.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra.

    Raises:
        InputError: it asks for many runs of another kind, or for a single fold.
    """
    keys = _keys(words, "crossval.py runs a job for each fold")
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
    keys = _keys(words, "epochs.py runs a job for each count and seed")
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
