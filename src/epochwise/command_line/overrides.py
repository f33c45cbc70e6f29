"""What is wrong with an override that Hydra refuses: a group, a key, or the files that it leads to."""

from collections.abc import Iterator
from typing import Any

from hydra.core.default_element import GroupDefault
from hydra.core.override_parser.types import Override
from omegaconf import Container, DictConfig, OmegaConf

from epochwise.command_line.composer import Composer
from epochwise.command_line.habits import near_habit_line, typed_word
from epochwise.command_line.other_files import of_other_files, who_has
from epochwise.config.resolve import join
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError, allowed_names
from epochwise.source.signature import signature


def chosen_files(override: Override) -> list[str]:
    """Their names, with the group before them: ``["experiment/quick"]``."""
    value = None if override.is_delete() else override.value()
    names = value if isinstance(value, list) else [value]
    return [f"{override.key_or_group}/{name}" for name in names if name]


def package_fault(override: Override, composer: Composer) -> str | None:
    """The line for an experiment whose settings would go under a key ``experiment``; ``None`` where all is well.

    Args:
        override: that chooses files which are there, of any group.
        composer: reads them.
    """
    for file in chosen_files(override) if override.key_or_group == "experiment" else ():
        read = composer.loader.repository.load_config(file)
        if read is not None and read.header.get("package") != "_global_":
            return f"{file}.yaml: settings of no group; its first line must be: # @package _global_"
    return None


def group_fault(override: Override, composer: Composer, chosen: dict[str, bool], known: list[str]) -> str | None:
    """Say what is wrong with the choice of a group's file.

    Args:
        override: of a key that is a group, with a single value.
        composer: knows the files.
        chosen: groups of the defaults list, and whether they take several files.
        known: root keys of the front door.

    Returns:
        A line, or ``None``: Hydra will take it.
    """
    group, value = override.key_or_group, override.value()
    key = f"{group}@{override.package}" if override.package else group
    options = composer.options(group)
    if key not in chosen and group.split("/")[0] not in known and not override.package:
        return no_such_choice(group, composer)
    if key not in chosen and not override.is_add() and not override.package:
        example = next((name for name in options if name == value), options[0] if options else "NAME")
        return f"{group}: several by name; add one with +{group}={example}, drop one with ~{group}.NAME"
    if override.is_force_add():
        return f"{group}: got {override.input_line!r}, allowed: {group}=NAME, without ++"
    if override.is_delete():
        return None
    names = value if isinstance(value, list) else [value]
    several = override.is_add() or chosen.get(key, False) or not names
    if isinstance(value, list) and not several:
        return f"{group}: got {_said(value)}, allowed: one of {', '.join(options)}"
    for name in names:
        if not isinstance(name, str) or not composer.has_option(group, name):
            shown = _said(name)
            close = InputError.closest(str(name), options)
            return f"{group}: no option {shown!r}; allowed: {', '.join(options) or 'none'}{close}"
    if override.is_add() and key in chosen and not chosen[key]:
        return f"{group}: is chosen already; choose another one with {group}={_said(value)}, without +"
    return None


def no_such_choice(group: str, composer: Composer) -> str:
    """The line for a group that exists, of which this front door does not choose."""
    own = "; a run keeps its own" if composer.name == "evaluate" else ""
    return f"{group}: {composer.name} has no such choice{own}"


def _said(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_said, value))}]"
    return "null" if value is None else str(value)


def key_fault(override: Override, config: DictConfig, composer: Composer, front_door: str, error: Exception) -> str:
    """Say why Hydra refused an override.

    Args:
        override: of a key, not of a group.
        config: what it was to change, with the overrides before it.
        composer: knows the files.
        front_door: whose command line.
        error: what Hydra said; used where the reason is not one of the usual ones.
    """
    key, known = override.key_or_group, SCHEMAS[front_door].keys()
    parent, name, node = _deepest(config, key)
    if name is None or not isinstance(node, DictConfig):
        if override.is_add():
            written = (override.input_line or "").lstrip("+")
            return f"{key}: is there already; set it with {written}, without +"
        return f"{key}: got {override.input_line!r}: {one_line(error)}"
    names = [str(entry) for entry in node if parent or entry != "hydra"]
    if override.is_delete():
        there = [join(parent, entry) for entry in names]
        return f"{key}: nothing there to drop{allowed_names(key, there)}"
    if parent and composer.is_group(parent) and composer.has_option(parent, name):
        return f"{join(parent, name)}: is not chosen; add it with +{parent}={name}"
    if not parent and composer.is_group(name):
        if name not in known:
            return no_such_choice(name, composer)
        sign = "" if name in composer.choices() else "+"
        return f"{key}: no {name} is chosen, choose a file first: {sign}{name}=..."
    if not parent:
        if inside := _inside(key, config):
            value = (override.input_line or "").partition("=")[2]
            return f"{key}={value}: here {' or '.join(typed_word(f'{one}={value}') for one in inside)}"
        groups = [group for group in composer.groups() if group in known or group in composer.choices()]
        # modle=resnet: mode is as close a name as model, but has no resnet.
        meant = [group for group in groups if composer.has_option(group, str(override.value()))]
        names = meant or list(dict.fromkeys([*names, *groups]))
        near = near_habit_line((override.input_line or "").lstrip("+"), front_door, names)
        near = f"; did you mean {near}" if near else ""
        if not near and not InputError.closest(name, names):
            near = of_other_files(name, groups, composer)
        return f"{name}: unknown key" + (near or allowed_names(name, names))
    return _unknown_argument(parent, name, node, names, override, composer)


def below_value_fault(override: Override, config: DictConfig, composer: Composer) -> str | None:
    """The line for a key below a value that has no keys, as ``seed.x=1``; Hydra drops the value, then refuses the key.

    Args:
        override: of a key, not of a group.
        config: what it is to change.
        composer: knows the files.
    """
    parent, name, node = _deepest(config, override.key_or_group)
    if name is None or isinstance(node, Container) or composer.is_group(parent) or node._is_missing():
        return None
    if override.is_add() or override.is_force_add() or override.is_delete():
        return None
    value = "null" if node._is_none() else repr(node._value())
    return f"{join(parent, name)}: {parent} is {value}, which has no keys{who_has(parent, name, composer)}"


def _inside(key: str, config: DictConfig) -> list[str]:
    """The nodes' keys that end in this one: ``dropout`` is ``model.dropout``."""
    nodes = {str(name): config._get_node(name) for name in config if name not in ("hydra", "spec")}
    first = key.partition(".")[0]
    return [
        join(name, key)
        for name, node in nodes.items()
        if isinstance(node, DictConfig) and not node._is_none() and not node._is_missing() and first in node
    ]


def one_line(error: Exception) -> str:
    """What Hydra or OmegaConf says, in one line and without its list of search paths."""
    said = str(error) or str(error.__cause__ or type(error).__name__)
    cause = error.__cause__
    if cause is not None and str(cause) not in said:
        said = f"{said}: {cause}"
    return " ".join(said.split("Config search path")[0].replace("full_key", "key").split())


def _unknown_argument(
    parent: str, name: str, node: DictConfig, names: list[str], override: Override, composer: Composer
) -> str:
    plain: Any = OmegaConf.to_container(node, resolve=False)
    target = plain.get("_target_")
    try:
        wanted = signature(target) if isinstance(target, str) else None
    except LookupError:
        wanted = None
    names = [entry for entry in names if not entry.startswith("_")]
    if wanted is None:
        return f"{join(parent, name)}: unknown key{allowed_names(name, names)}"
    if name in wanted.parameters:
        return f"{join(parent, name)}: not set in the file, but {target} takes it; add it with +{override.input_line}"
    known = list(dict.fromkeys([*names, *wanted.parameters]))
    line = f"{join(parent, name)}: unknown key of {target.split('.')[-1]}{allowed_names(name, known)}"
    line += who_has(parent, name, composer)
    return f"{line} (it takes others too; add one with +)" if wanted.takes_any else line


def _deepest(config: DictConfig, key: str) -> tuple[str, str | None, Any]:
    """The last node on the way to a key: its path, the first name that it lacks (``None``: it lacks none), itself."""
    parent = ""
    node: Any = config
    for name in key.split("."):
        if not isinstance(node, DictConfig) or node._is_none() or node._is_missing() or name not in node:
            return parent, name, node
        parent, node = join(parent, name), node._get_node(name)
    return parent, None, node


def defaults_faults(overrides: list[Override], composer: Composer) -> Iterator[str]:
    """A line for each ``override /GROUP: NAME`` in the files chosen that Hydra would refuse.

    Args:
        overrides: that choose files.
        composer: reads them.
    """
    for file in [name for override in overrides for name in chosen_files(override)]:
        read = composer.loader.repository.load_config(file)
        for entry in (read.defaults_list or []) if read else []:
            if isinstance(entry, GroupDefault) and entry.override:
                yield from _faults(f"{file}.yaml", entry, composer)


def _faults(file: str, entry: GroupDefault, composer: Composer) -> Iterator[str]:
    group = str(entry.group).lstrip("/")
    chosen = [one for one in composer.choices() if not one.startswith("hydra")]
    if group.startswith("hydra"):
        return
    if group not in chosen:
        yield f"{file}: override /{group}: no such group{allowed_names(group, chosen)}"
        return
    for name in map(str, entry.value if isinstance(entry.value, list) else [entry.value]):
        if not composer.has_option(group, name):
            known = allowed_names(name, composer.options(group))
            yield f"{file}: override /{group}: no option {name!r}{known}"
