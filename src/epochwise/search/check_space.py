"""Whether all that a search may draw can be trained, before the first trial."""

from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

from omegaconf import DictConfig

from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.search.space import Space

MOST_CHOICES = 100  # of one key that are looked at
MOST_CORNERS = 64
#: Parts whose settings count epochs, and may contradict one another.
COUNTED = ("trainer", "scheduler", "stopping", "finetune", "callbacks", "budget")


def check_space(space: Space, also: Callable[[DictConfig], None] = lambda config: None) -> None:
    """Check each combination of files, each choice of a setting, and both ends of an interval or range.

    Settings that count epochs are looked at together, each at its ends: what is fine alone may leave another no room.

    Args:
        space: what may be drawn.
        also: a check of its own for each config that can be; raises InputError.

    Raises:
        InputError: a line for each value that could not be trained.
    """
    faults: dict[str, None] = {}
    for overrides in _looked_at(space):
        try:
            config = space.compose(overrides)
            check(config, "search")
            also(config)
        except InputError as error:
            faults |= dict.fromkeys(f"space: {line}" for line in error.lines)
    if faults:
        raise InputError(*faults)


def _looked_at(space: Space) -> Iterator[list[str]]:
    alone: set[tuple[str, ...]] = set()
    for files, keys in space.keys.items():
        if files and not any(key in keys for key in space.values):
            yield list(files)
        # Not a value of a file: where it is drawn, no trial has that.
        first = {key: f"{key}={_values(space.drawn[key])[0]}" for key in space.values if key in keys}
        for key in (key for key in space.values if key in keys):
            # What a key's own file says of it, whatever the others are.
            own = tuple(file for file in files if file.lstrip("+").split("=")[0] == key.lstrip("+").split(".")[0])
            if (key, *own) not in alone:
                alone.add((key, *own))
                others = [text for other, text in first.items() if other != key]
                yield from ([*files, *others, f"{key}={value}"] for value in _values(space.drawn[key]))
        counted = [key for key in space.values if key in keys and key.lstrip("+").split(".")[0] in COUNTED]
        if len(counted) > 1:
            ends = [[f"{key}={value}" for value in _values(space.drawn[key], ends=True)] for key in counted]
            others = [text for other, text in first.items() if other not in counted]
            yield from ([*files, *others, *corner] for corner in islice(product(*ends), MOST_CORNERS))


def _values(drawn: Any, ends: bool = False) -> list[Any]:
    if not hasattr(drawn, "choices"):
        return [drawn.low, drawn.high]
    choices = list(drawn.choices[:MOST_CHOICES])
    return choices[:: max(len(choices) - 1, 1)] if ends else choices
