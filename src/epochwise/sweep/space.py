"""The space that a search tries, and what is wrong with it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from math import ceil
from typing import Any

import optuna
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from epochwise.config.check import check
from epochwise.config.resolve import join
from epochwise.input_error import InputError, allowed_names

MOST_COMBINATIONS = 200  # of files, that are composed to learn which keys they have


class Space:
    """The settings that a search draws. Files of groups are drawn first: which keys there are follows from them.

    Args:
        written: key -> ``interval(...)``, ``range(...)`` or ``choice(...)``, as in ``conf/space``. A key may lead into
            a list (``finetune.phases.1.at_epoch``), and stand behind ``+`` or ``++`` where the files do not have it.
        compose: makes a config of overrides.
        options: the files of a group; none where there is no such group.
        loader: of Hydra, which knows what a ``glob`` finds; None: there is none.

    Raises:
        InputError: a line for each entry that is no sweep, and each key that none of the chosen files has.
    """

    def __init__(
        self,
        written: dict[str, str],
        compose: Callable[[Sequence[str]], DictConfig],
        options: Callable[[str], Sequence[str]],
        loader: Any = None,
    ) -> None:
        faults, parser, self.drawn = [], OverridesParser.create(config_loader=loader), {}
        for key, text in written.items():
            try:
                (override,) = parser.parse_overrides([f"{key}={text}"])
                self.drawn[key] = distribution(override)
            except (HydraException, ValueError) as error:
                faults.append(f"space: {key}: got {text!r}: {' '.join(str(error).split())}")
        if faults:
            raise InputError(*faults)
        if not self.drawn:
            raise InputError("space: nothing is searched; choose space=default or add optimizer.lr=interval(1e-4,1e-1)")
        self.groups = [key for key in self.drawn if options(key.lstrip("+").partition("@")[0])]
        self.values = [key for key in self.drawn if key not in self.groups]
        self.keys: dict[tuple[str, ...], set[str]] = {}
        choices = [[f"{group}={choice}" for choice in self.drawn[group].choices] for group in self.groups]  # type: ignore[attr-defined]
        for files in islice(product(*choices), MOST_COMBINATIONS):
            self.keys[files] = self._keys(compose(files))
        known = set().union(*self.keys.values())
        if faults := [
            f"space: {key}: no such key{allowed_names(key, sorted(known))}" for key in self.values if key not in known
        ]:
            raise InputError(*faults)
        self.compose = compose

    def draw(self, trial: optuna.Trial) -> list[str]:
        """The overrides of a trial; keys that its files lack are left out."""
        files = tuple(f"{group}={self._one(trial, group)}" for group in self.groups)
        if files not in self.keys:
            self.keys[files] = self._keys(self.compose(files))
        values = [key for key in self.values if key in self.keys[files]]
        return [*files, *(f"{key}={self._one(trial, key)}" for key in values)]

    def _keys(self, config: DictConfig) -> set[str]:
        """What can be set: what there is, and what is added."""
        added = {key for key in self.drawn if key.startswith("+")}
        return added | set(_paths(OmegaConf.to_container(config, resolve=False), ""))

    def _one(self, trial: optuna.Trial, key: str) -> Any:
        try:
            return trial._suggest(key, self.drawn[key])
        except ValueError as error:  # of a sampler that does not take all kinds
            raise ValueError(f"{key}: {error} Allowed: choice(A,B) or range(START,STOP,STEP)") from error


def _paths(node: Any, path: str) -> Iterator[str]:
    """The dotted keys of a config, of nodes too."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield join(path, key)
        yield from _paths(value, join(path, key))


def distribution(override: Override) -> BaseDistribution:
    """What Optuna draws for a sweep of Hydra.

    Args:
        override: a sweep; tagged ``log``, it is drawn on a logarithmic scale.

    Returns:
        Numbers for an interval or a range; for a choice its values, as they would be typed.

    Raises:
        ValueError: it is no sweep, or one without ends.
    """
    sweep: Any = override.value()
    if isinstance(sweep, (ChoiceSweep, Glob)):
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    log = "log" in getattr(sweep, "tags", ())
    if isinstance(sweep, IntervalSweep) and sweep.start is not None and sweep.end is not None:
        if isinstance(sweep.start, int) and isinstance(sweep.end, int):
            return IntDistribution(sweep.start, sweep.end, log=log)
        return FloatDistribution(sweep.start, sweep.end, log=log)
    if isinstance(sweep, RangeSweep) and sweep.start is not None and sweep.stop is not None and sweep.step:
        count = ceil(round((sweep.stop - sweep.start) / sweep.step, 9))
        if count < 1:
            raise ValueError("a range without values")
        # The stop is in no range of Hydra's, and the end of one in Optuna's is in it.
        low, high = sorted((sweep.start, sweep.start + (count - 1) * sweep.step))
        if all(isinstance(part, int) for part in (sweep.start, sweep.stop, sweep.step)):
            return IntDistribution(int(low), int(high), step=abs(int(sweep.step)), log=log and sweep.step == 1)
        return FloatDistribution(low, high, step=abs(sweep.step))
    raise ValueError("allowed: interval(LOW,HIGH), tag(log,interval(LOW,HIGH)), range(START,STOP,STEP), choice(A,B)")


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
