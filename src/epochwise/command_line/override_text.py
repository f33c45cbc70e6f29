"""Overrides as they are typed: quoted, unreadable, idle, or a sweep of values."""

import re
from argparse import Namespace
from itertools import islice
from math import ceil, prod
from types import MethodType
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from epochwise.command_line.composer import Composer
from epochwise.command_line.overrides import one_line
from epochwise.input_error import InputError, existing_path

#: Key -> the choice that reads a path there, which has to be; others download, or know names of their own.
READ_BY = {
    "data.root": ("data=image_folder", "data=image_table", "data=masks"),
    "data.path": (
        "data=arrays",
        "data=series",
        "data=stream",
        "data=table",
        "data=image_table",
        "data=masks",
        "data=text",
        "data=hf_datasets",
    ),
    "predict": (),
}
#: Tables of scikit-learn and texts of Python, by name.
SHIPPED = ("breast_cancer", "diabetes", "docstrings", "library", "eeg", "linnerud", "python_topics", "wine")
OF_MANY_JOBS = ("train", "crossval", "search", "epochs")


def check_paths(words: list[str]) -> None:
    """Look for what is named.

    Args:
        words: overrides, as typed.

    Raises:
        InputError: a line for each path at which nothing is.
    """
    lines: list[str] = []
    for word in words:
        key, sign, value = word.partition("=")
        chosen = key in READ_BY and (not READ_BY[key] or any(choice in words for choice in READ_BY[key]))
        value = value[1:-1].replace("\\'", "'") if value[:1] == value[-1:] == "'" else value
        if not (sign and chosen and value) or value in SHIPPED or "," in value or "${" in value or value == "null":
            continue
        try:
            existing_path(value, key)
        except InputError as error:
            lines += error.lines
    if lines:
        raise InputError(*lines)


def isolate_words(words: list[str], front_door: str) -> list[str]:
    """Hand ``isolate=true`` to the launcher that is there where no other one is named.

    Args:
        words: of the command line, without the program.
        front_door: whose.

    Returns:
        The words for Hydra.

    Raises:
        InputError: there are no jobs to isolate, or another launcher has processes of its own.
    """
    asked = [word for word in words if word.startswith("isolate=")]
    if not asked or front_door not in OF_MANY_JOBS:
        return words
    if front_door == "train" and not {"-m", "--multirun", "hydra.mode=MULTIRUN"} & set(words):
        raise InputError(f"{asked[-1]}: a single run is alone; it goes with a sweep (-m)")
    if other := [word for word in words if word.startswith("hydra/launcher=") and word != "hydra/launcher=worker"]:
        raise InputError(f"{asked[-1]}: not with {other[-1]}, which says itself where its jobs run")
    if asked[-1] not in ("isolate=true", "isolate=false"):
        raise InputError(f"isolate: got {asked[-1].partition('=')[2]!r}, allowed: true, false")
    return [f"hydra.launcher.{word}" if word == asked[-1] else word for word in words if word not in asked[:-1]]


def overrides_first(words: list[str]) -> list[str]:
    """Bring flags behind the overrides where there are overrides on both sides of one, which Hydra refuses.

    Args:
        words: of the command line, without the program.

    Returns:
        The same words; in their own order where Hydra reads that.
    """
    options = get_args_parser()._option_string_actions
    overrides: list[str] = []
    flags: list[str] = []
    is_apart = False  # an override follows a flag that follows an override
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        values = options[before].nargs if before in options else 0  # None: one; "?": one or none
        if word.startswith("-") or values is None or (values == "?" and "=" not in word):
            flags.append(word)
        else:
            is_apart |= bool(overrides) and words[place - 1] != overrides[-1]
            overrides.append(word)
    return [*overrides, *flags] if is_apart else words


def parse_arguments(words: list[str], strict: bool = True) -> Namespace:
    """Read a command line as Hydra will.

    Args:
        words: of the command line, without the program.
        strict: flags that Hydra does not know are a fault; otherwise they are left out.

    Returns:
        Hydra's flags by name, and ``overrides``, a list of text.

    Raises:
        InputError: a flag that is unknown, lacks its value or has a wrong one.
    """
    parser = get_args_parser()
    parser.error = MethodType(_refuse, parser)  # type: ignore[method-assign]  # it would print the usage of every flag
    return parser.parse_args(words) if strict else parser.parse_known_args(words)[0]


def _refuse(parser: Any, message: str) -> None:
    raise InputError(f"{message}; settings are written KEY=VALUE, --hydra-help lists all flags")


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


ALLOWED = "allowed: key=value, +key=value, ++key=value, ~key"


def unreadable_fault(text: str, composer: Composer) -> str:
    """The line for it. Text that would be read if it were quoted is shown so.

    Args:
        text: as it arrived, without the quotes that a shell takes away.
        composer: reads overrides.
    """
    key, sign, value = text.partition("=")
    # Only text as people write it: an open bracket of a list is not mended by quotes.
    if sign and re.search(r"[\s()'\"]", value) and not re.match(r"[\[{=\s]", value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        try:
            composer.parse(f"{key}='{escaped}'")
        except HydraException:
            pass
        else:
            return f"{text}: cannot be read, quote its value twice: \"{key}='{escaped}'\""
    return f"{text}: cannot be read, {ALLOWED}"


def idle_fault(override: Override, config: DictConfig) -> str | None:
    """The line for it, or ``None``.

    Args:
        override: of a key, not of a group's file.
        config: what it is to change.
    """
    key = override.key_or_group
    if key == "run_folder" and key in config and not override.is_delete():
        return "run_folder: follows from hydra.run.dir; set hydra.run.dir=FOLDER"
    if override.value() == {} and isinstance(OmegaConf.select(config, key, throw_on_missing=False), DictConfig):
        return f"{key}: got {{}}, which changes nothing; set {key}.NAME=VALUE, drop an entry with ~{key}.NAME"
    return None


MOST_SWEPT = 100  # values of one sweep that are checked


def swept_values(override: Override, composer: Composer) -> list[Override]:
    """An override for each value of a sweep; for both ends of an interval.

    Raises:
        InputError: it has no values, or cannot be read.
    """
    given, key = (override.input_line or "").partition("=")[2], override.get_key_element()
    try:
        if isinstance(sweep := override.value(), IntervalSweep):
            ends = [sweep.start, sweep.end]
            texts = [str(int(end)) if float(end).is_integer() else str(end) for end in ends if end is not None]
        else:
            texts = list(islice(override.sweep_string_iterator(), MOST_SWEPT))
        if texts:
            return [composer.parse(f"{key}={text}") for text in texts]
    except (HydraException, ValueError, TypeError, ArithmeticError) as error:
        raise InputError(f"{override.key_or_group}: got {given!r}: {one_line(error)}") from error
    raise InputError(f"{override.key_or_group}: got {given!r}, a sweep without values")


MOST_JOBS = 10_000  # Hydra makes a list of all of them before the first one


def sweep_size_fault(overrides: list[Override]) -> str | None:
    """The line for a sweep of more jobs than Hydra can list; ``None`` for any other.

    Args:
        overrides: of the command line, those that sweep and those that don't.
    """
    counts = {override.key_or_group: _num_values(override) for override in overrides}
    num_jobs = prod(counts.values())
    if num_jobs <= MOST_JOBS:
        return None
    swept = " x ".join(f"{key} ({count:,})" for key, count in counts.items() if count > 1)
    return f"--multirun: {swept} are {num_jobs:,} jobs, allowed: {MOST_JOBS:,}"


def _num_values(override: Override) -> int:
    sweep = override.value()
    if isinstance(sweep, ChoiceSweep):
        return len(sweep.list)
    if not isinstance(sweep, RangeSweep) or sweep.start is None or sweep.stop is None or not sweep.step:
        return 1
    count = (sweep.stop - sweep.start) / sweep.step
    return max(1, ceil(min(count, MOST_JOBS**2)))
