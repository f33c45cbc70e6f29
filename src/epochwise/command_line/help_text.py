"""What --help prints."""

import re
import shutil
from collections.abc import Iterator
from textwrap import fill
from typing import Any

from hydra.types import RunMode
from omegaconf import OmegaConf

from epochwise.command_line.composer import Composer

LINE = re.compile(r"^( *)(\w+):(?: (?:[^#'\"]|'[^']*'|\"[^\"]*\")*?)?(?: +# ?(.*))?$")


def key_comments(text: str) -> dict[str, str]:
    """Read the comments at the ends of lines, where configs say what a value counts and allows.

    Args:
        text: of a YAML file.

    Returns:
        Dotted key -> comment, for the keys that have one.
    """
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []  # indents and keys of the nodes that a line is in
    for line in text.splitlines():
        if match := LINE.match(line):
            indent, key, comment = len(match[1]), match[2], match[3]
            above = [(at, name) for at, name in above if at < indent] + [(indent, key)]
            if comment:
                found[".".join(name for _, name in above)] = comment.strip()
    return found


CHOOSE = """Choose files: GROUP=NAME; [chosen] is what stands here. Of callbacks and loggers there are several:
+GROUP=NAME adds one and ~GROUP.NAME drops one. Before a | stand this project's own, files of conf/GROUP; the others
come with the engine, and a file of the same name in conf/GROUP goes before one of them."""
#: Columns of a value, before its comment; of everything.
WIDTH, MOST_COLUMNS = 44, 120


def help_text(about: str, composer: Composer, overrides: list[str]) -> str:
    """Say what a front door does, which files can be chosen, and which values can be set, each with its comment.

    Hydra's own help leaves the first out, knows no comments, and takes twice as long.

    Args:
        about: the front door's docstring.
        composer: of its configs.
        overrides: of the command line, checked; they are in the config that is shown.
    """
    columns = min(MOST_COLUMNS, shutil.get_terminal_size((100, 24)).columns)
    config = composer.compose(overrides)
    chosen = {group: str(name) for group, name in config.hydra.runtime.choices.items()}
    groups = [group for group in composer.groups() if group in composer.choices() or group in config]
    # A command that runs jobs of its own takes no sweep.
    sweeps = "" if config.hydra.mode == RunMode.MULTIRUN else ", -m KEY=A,B runs a job for each"
    OmegaConf.set_struct(config, False)
    del config["hydra"]
    plain: Any = OmegaConf.to_container(config, resolve=False)
    comments = _comments(composer, groups, chosen)
    return "\n\n".join(
        [
            about.strip(),
            CHOOSE,
            "\n".join(_files(composer, groups, chosen, columns)),
            f"Set values: KEY=VALUE (+KEY=VALUE adds one that is not listed{sweeps})",
            "\n".join(_values(_own_first(plain, composer), groups, comments, columns)).rstrip(),
            "--cfg job prints the config as YAML, --hydra-help lists all flags.",
        ]
    )


def _own_first(config: dict[str, Any], composer: Composer) -> dict[str, Any]:
    """Keys of the root file itself before those of the root files that it builds on."""
    keys = [key for text in composer.root_texts() for key in re.findall(r"(?m)^(\w+):", text)]
    return {key: config[key] for key in dict.fromkeys([*keys, *config]) if key in config}


def _files(composer: Composer, groups: list[str], chosen: dict[str, str], columns: int) -> Iterator[str]:
    width = max(map(len, groups), default=0)
    for group in groups:
        own = composer.own_options(group)
        engines = [name for name in composer.options(group) if name not in own]
        listed = [
            ", ".join(f"[{name}]" if chosen.get(group) == name else name for name in names) for names in (own, engines)
        ]
        text = " | ".join(listed) if own else listed[1]
        indent = " " * (width + 6)
        first = f"    {group:{width}}  "
        yield fill(text, columns, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)


def _comments(composer: Composer, groups: list[str], chosen: dict[str, str]) -> dict[str, str]:
    """Of the root files, and of the files that groups chose or add from; a variant's own go before its base's."""
    found: dict[str, str] = {}
    for text in reversed(composer.root_texts()):
        found |= key_comments(text)
    for group in groups:
        one = composer.choices().get(group) is False and group in chosen
        for name in [chosen[group]] if one else composer.options(group):
            text = composer.text(f"{group}/{name}")
            bases = [composer.text(f"{group}/{base}") for base in re.findall(r"(?m)^  - (\w+)$", text)]
            for comments in map(key_comments, (*bases, text)):
                found |= {f"{group}.{key}": comment for key, comment in comments.items()}
    return found


def _values(config: dict[str, Any], groups: list[str], comments: dict[str, str], columns: int) -> Iterator[str]:
    scalars = {key: value for key, value in config.items() if key not in groups}
    for node in (scalars, *({group: config[group]} for group in groups if config.get(group))):
        for key, value in _flat(node, ""):
            line = f"    {key}={value}"
            if comment := comments.get(key):
                line = fill(comment, columns, initial_indent=f"{line:{WIDTH}}  ", subsequent_indent=" " * (WIDTH + 2))
            yield line
        yield ""


def _flat(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Every value that can be set, as its dotted key and as it is typed."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif key not in ("_target_", "_partial_"):
            yield f"{prefix}{key}", _typed(value)


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_typed, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_typed(one)}' for key, one in value.items())}}}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
