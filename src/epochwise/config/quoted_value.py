"""A value of the command line that is to be taken as it is, as Hydra takes it."""

import re

#: Keys of files and folders, whose names may hold anything.
PATHS = ("data.path", "data.root", "hydra.run.dir", "hydra.sweep.dir", "model.pretrained", "output", "predict", "run")


def quoted_value(text: str) -> str:
    """The text in the quotes of Hydra's grammar."""
    return "'" + re.sub(r"(\\*)(')", r"\1\1\\'", re.sub(r"(\\+)$", r"\1\1", text)) + "'"


def quote_paths(words: list[str]) -> list[str]:
    """Quote the paths among words of a command line that hold what Hydra stumbles over: ``predict=a=b.png``."""
    return [_quoted(word) for word in words]


def _quoted(word: str) -> str:
    key, sign, value = word.partition("=")
    plain = not sign or key.lstrip("+") not in PATHS or re.match(r"['\"\[{]|$", value)
    return word if plain or not re.search(r"[=\s()'\"\\]", value) else f"{key}={quoted_value(value)}"
