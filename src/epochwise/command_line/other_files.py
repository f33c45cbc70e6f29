"""Keys that files have which are not chosen, for the line about a key that is not there."""

import re
from collections.abc import Iterator
from contextlib import suppress

import yaml

from epochwise.command_line.composer import Composer


def who_has(parent: str, name: str, composer: Composer) -> str:
    """The end of a line about a key that other files of a group have; empty where none has it.

    Args:
        parent: the group, and the node in it where the key is in one: ``model``, ``trainer.strategy``.
        name: of the key there.
        composer: knows the files.
    """
    group, _, inside = parent.partition(".")
    having = [one for one, place in _places(group, name, composer) if place == inside]
    return f"; a key of {', '.join(f'{group}={one}' for one in having)}" if having else ""


def of_other_files(name: str, groups: list[str], composer: Composer) -> str:
    """The end of a line about a key that has no group before it, and is one of files that are not chosen.

    Args:
        name: of the key: ``width`` is one of ``model=transformer``.
        groups: to look for it in; the first one that has it counts.
        composer: knows the files.
    """
    for group in groups:
        if having := list(_places(group, name, composer)):
            place = having[0][1]
            files = ", ".join(f"{group}={one}" for one, where in having if where == place)
            return f"; did you mean {'.'.join(filter(None, (group, place, name)))}, a key of {files}?"
    return ""


def _places(group: str, name: str, composer: Composer) -> Iterator[tuple[str, str]]:
    """The files of a group that have a key, and the node of each that it stands in: empty for the file itself."""
    for option in composer.options(group) if composer.is_group(group) else []:
        with suppress(OSError, ValueError, yaml.YAMLError):  # who chooses that file will hear of it
            text = composer.text(f"{group}/{option}")
            if not re.search(rf"^\s*{re.escape(name)}:", text, re.MULTILINE) or re.search(r"^# *@package", text):
                continue
            if not isinstance(read := yaml.safe_load(text), dict):
                continue
            nodes = {"": read} | {key: node for key, node in read.items() if isinstance(node, dict)}
            yield from ((option, key) for key, node in nodes.items() if name in node)
