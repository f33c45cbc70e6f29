"""Flags as programs with argparse take them; here there are Hydra's alone, and settings are written KEY=VALUE."""

import re

from hydra._internal.utils import get_args_parser

from epochwise.config.habits import habit_line
from epochwise.config.schema import SCHEMAS
from epochwise.config.typed_word import typed_word


def flag_lines(words: list[str], front_door: str) -> list[str]:
    """Say of each flag that is not Hydra's what does the same here.

    Args:
        words: of the command line, without the program.
        front_door: whose command line.

    Returns:
        A line a flag; none for those that nobody knows, which Hydra's parser refuses.
    """
    hydras = get_args_parser()._option_string_actions
    lines = []
    for index, word in enumerate(words):
        flag, sign, value = word.partition("=")
        if not re.match(r"--?[A-Za-z]", flag) or flag in hydras:
            continue
        typed, following = word, "".join(words[index + 1 : index + 2])
        if not sign and following and not following.startswith("-") and "=" not in following:
            typed, value = f"{word} {following}", following
        if line := _line(flag, value, front_door):
            lines.append(f"{typed}{line}")
    return lines


def _line(flag: str, value: str, front_door: str) -> str | None:
    """What follows the flag in its line, from the colon on."""
    name = flag.lstrip("-").replace("-", "_")
    key = name if len(name) > 1 else flag  # -b is no b=
    text = f"{key}={value or 'true'}"
    for said in (text, key):
        if line := habit_line(said, front_door):
            return line.removeprefix(said)
    known = SCHEMAS[front_door].keys()
    return f": here {typed_word(text)}" if name.partition(".")[0] in known else None
