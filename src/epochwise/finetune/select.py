"""Which parameters are meant."""

import re
from collections.abc import Sequence

from epochwise.input_error import InputError

WORDS = ("all", "head", "backbone")


def select(key: str, chosen: str | int | Sequence[str | int], stages: dict[str, list[str]]) -> list[str]:
    """Find the parameters that a plan names.

    Args:
        key: where it stands in the config; an error names it.
        chosen: one of these, or several: ``all``; ``head``, the last stage; ``backbone``, all other stages; a stage's
            number, from 0 at the input or from -1 at the head; a stage's name; else a regular expression that is found
            in a parameter's name (``re.search``).
        stages: see ``stages``.

    Returns:
        Names of parameters, in the order of the network.

    Raises:
        InputError: nothing is chosen, there is no such stage, or an expression is none or is found in no name.
    """
    several = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    if not several:
        raise InputError(f"{key}: nothing is named; allowed: {_allowed(stages)}")
    found = {name for one in several for name in _select_one(key, one, stages)}
    return [name for names in stages.values() for name in names if name in found]


def _select_one(key: str, chosen: str | int, stages: dict[str, list[str]]) -> list[str]:
    each = list(stages.values())
    if isinstance(chosen, int):
        if not -len(each) <= chosen < len(each):
            raise InputError(f"{key}: got {chosen}, but there are {len(each)} stages: {', '.join(stages)}")
        return each[chosen]
    if chosen in stages:
        return stages[chosen]
    if chosen in WORDS:
        cut = {"all": each, "head": each[-1:], "backbone": each[:-1]}[chosen]
        if not cut:
            raise InputError(f"{key}: {chosen!r} is empty: the network has one stage alone, {', '.join(stages)}")
        return [name for names in cut for name in names]
    try:
        found = [name for names in each for name in names if re.search(chosen, name)]
    except re.error as error:
        raise InputError(f"{key}: {chosen!r} is no regular expression: {error}") from error
    if not found:
        hint = InputError.closest(chosen, [*WORDS, *stages])
        raise InputError(f"{key}: {chosen!r} matches no parameter; allowed: {_allowed(stages)}{hint}")
    return found


def _allowed(stages: dict[str, list[str]]) -> str:
    return f"{', '.join(WORDS)}, a stage ({', '.join(stages)}), or what is found in a parameter's name"
