"""All faults of a command line at once: its overrides, the files they choose, the configs they make."""

import argparse
import re
from collections.abc import Iterator
from contextlib import suppress

from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig

from epochwise.command_line.composer import Composer
from epochwise.command_line.habits import habit_line
from epochwise.command_line.override_text import ALLOWED, idle_fault, sweep_size_fault, swept_values, unreadable_fault
from epochwise.command_line.overrides import (
    below_value_fault,
    defaults_faults,
    group_fault,
    key_fault,
    one_line,
    package_fault,
)
from epochwise.config.check import check
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError


class CommandLine:
    """The overrides of one call of a front door.

    Args:
        front_door: a key of ``epochwise.config.schema.SCHEMAS``.
        composer: of its configs.
        arguments: as Hydra's own parser reads them.
    """

    def __init__(self, front_door: str, composer: Composer, arguments: argparse.Namespace) -> None:
        self.front_door = front_door
        self.known = SCHEMAS[front_door].keys()
        self.composer = composer
        self.may_miss = arguments.help or arguments.cfg is not None
        self.lines: dict[str, None] = {}  # in order, each once
        self.drawn: list[Override] = []
        self.refused: set[str] = set()  # groups of which a file was chosen that is not there
        self.overrides = [override for text in arguments.overrides if (override := self._parse(text))]
        modes = [item.value() for item in self.overrides if item.key_or_group == "hydra.mode"]
        self.sweeps = arguments.multirun or modes[-1:] == ["MULTIRUN"]

    def check(self) -> None:
        """Check every value of every override, and the configs that they make.

        A sweep is checked value by value, not combination by combination.

        Raises:
            InputError: a line for each fault.
        """
        if self.sweeps and (line := sweep_size_fault(self.overrides)):
            raise InputError(*self.lines, line)
        for job in self._jobs():
            self._check_job(job)
        if self.front_door == "train" and not self.sweeps and any(_goes_on(one) for one in self.overrides):
            self.lines["resume: got True, which goes on with a sweep (-m); with a run: run=FOLDER"] = None
        if self.lines:
            raise InputError(*self.lines)

    def _parse(self, text: str) -> Override | None:
        if line := self._habit(text):
            self.lines[line] = None
            return None
        try:
            override = self.composer.parse(text)
        except (HydraException, ValueError, RecursionError):  # the latter two of numbers and brackets without end
            self.lines[unreadable_fault(text, self.composer)] = None
            return None
        if not override.key_or_group:
            self.lines[f"{text}: has no key, {ALLOWED}"] = None
            return None
        return override

    def _habit(self, text: str) -> str | None:
        """What does here what somebody knows by a key that this front door does not have."""
        word = text.lstrip("+")
        root = word.partition("=")[0].partition(".")[0]
        ours = root in self.known or root.startswith(("~", "hydra")) or self.composer.is_group(root)
        return None if ours else habit_line(word, self.front_door)

    def _jobs(self) -> Iterator[list[Override]]:
        """One list of plain overrides a job; the n-th job has the n-th value of each sweep, or its last one."""
        values = [self._values(override) for override in self.overrides]
        for index in range(max(map(len, values), default=1)):
            yield [each[min(index, len(each) - 1)] for each in values if each]

    def _values(self, override: Override) -> list[Override]:
        if not override.is_sweep_override() or override.key_or_group.startswith("hydra.sweeper"):
            return [override]
        if self.front_door == "search" and not self.composer.is_group(override.key_or_group):
            self._draw(override)
            return []  # which keys there are follows from the files of each trial
        if not self.sweeps and self.front_door != "search":
            given = (override.input_line or "").partition("=")[2]
            how = "add -m to run a job a value" if self.front_door == "train" else "allowed: one value"
            self.lines[f"{override.key_or_group}: got {given!r}, a sweep; {how}"] = None
            return []
        try:
            return swept_values(override, self.composer)
        except InputError as error:
            self.lines |= dict.fromkeys(error.lines)
            return []

    def _draw(self, override: Override) -> None:
        """Keep the first value of what a search draws; what is wrong with it, the search will say."""
        with suppress(InputError):
            self.drawn.append(swept_values(override, self.composer)[0])

    def _check_job(self, job: list[Override]) -> None:
        groups = [one for one in job if self.composer.is_group(one.key_or_group) and not isinstance(one.value(), dict)]
        files = self._good_choices(groups)
        search = [one.input_line or "" for one in job if one.key_or_group == "hydra.searchpath"]
        config = self._compose([*files, *search])
        if config is None:
            return
        for override in job:
            if override not in groups and override.key_or_group != "hydra.searchpath":
                if line := idle_fault(override, config):
                    self.lines[line] = None
                    continue
                if line := below_value_fault(override, config, self.composer):
                    self.lines[self._instead(override, line)] = None
                    continue
                try:
                    self.composer.apply(config, override)
                except Exception as error:  # whatever Hydra's own code says of an override is a fault of that override
                    line = key_fault(override, config, self.composer, self.front_door, error)
                    if not self._follows(line):
                        self.lines[self._instead(override, line)] = None
        faults = self._faults(config)
        if faults and self.drawn:  # a value that is not drawn, but stands in a file, is no trial's
            for override in self.drawn:
                with suppress(Exception):
                    self.composer.apply(config, override)
            again = self._faults(config)
            faults = [line for line in faults if line in again]
        typed = {override.key_or_group: override for override in job}
        for line in faults:
            if self._follows(line):
                continue
            key = line.partition(":")[0]
            asked = key in typed and ("." not in key or "unknown key" in line)
            self.lines[self._instead(typed[key], line) if asked else line] = None

    def _follows(self, line: str) -> bool:
        """Whether a key is unknown only because the file that was to bring it is not there."""
        root = re.split(r"[.:]", line, maxsplit=1)[0]
        return root in self.refused and ("unknown key" in line or "not set in the file" in line)

    def _instead(self, override: Override, line: str) -> str:
        """What does here what was typed, for a fault that is a habit of elsewhere; else the fault's line."""
        word = (override.input_line or "").lstrip("+")
        if override.key_or_group.count(".") > 1 and "not set in the file" in line:
            return line  # the project has a node of this name itself
        habit = habit_line(word, self.front_door)
        says_what = any(text in line for text in ("; did you mean", "; a key of"))
        if habit or says_what or not any(text in line for text in ("unknown key", "has no keys")):
            return habit or line
        group, _, rest = word.partition(".")
        habit = habit_line(rest, self.front_door)  # trainer.gpus, optimizer.learning_rate
        if not habit and rest.partition("=")[0] in SCHEMAS[self.front_door].scalars:
            habit = f"{rest}: here {rest}"  # trainer.compile, trainer.seed
        return f"{group}.{habit}" if habit else line

    def _faults(self, config: DictConfig) -> list[str]:
        try:
            check(config, self.front_door, self.may_miss)
        except InputError as error:
            return list(error.lines)
        return []

    def _good_choices(self, overrides: list[Override]) -> list[str]:
        """The choices of files that Hydra will take; a line for each of the others."""
        good: list[str] = []
        try:
            chosen = self.composer.choices() if overrides else {}
        except Exception:  # the files fail even without overrides; composing them says why
            return good
        added: dict[str, str] = {}
        for override in overrides:
            group, value = override.key_or_group, (override.input_line or "").partition("=")[2]
            line = group_fault(override, self.composer, chosen, self.known)
            line = line and self._instead(override, line)
            if line is None and override.is_add() and not override.package:
                if group in added:
                    together = f"{added[group]},{value}".replace("[", "").replace("]", "")
                    line = f"{group}: added twice; add both with +{group}=[{together}]"
                added[group] = value
            line = line or package_fault(override, self.composer)
            if line is None:
                good.append(override.input_line or "")
            else:
                self.lines[line] = None
                self.refused.add(override.key_or_group)
        return good

    def _compose(self, files: list[str]) -> DictConfig | None:
        try:
            return self.composer.compose(files)
        except Exception as error:  # only Hydra has run: whatever it says is about the files or the overrides
            culprit = " ".join(files) or self.composer.name
            lines = list(self.composer.broken_files())
            lines = lines or list(defaults_faults(list(map(self.composer.parse, files)), self.composer))
            lines = lines or [f"{culprit}: {one_line(error)}"]
            self.lines |= dict.fromkeys(lines)
            return None


def _goes_on(override: Override) -> bool:
    return override.key_or_group == "resume" and override.value() is True
