"""Overrides as an experiment of conf/experiment."""

import shlex
from collections.abc import Sequence
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

GROUPS = ("data", "model", "task", "optimizer", "scheduler", "stopping", "trainer", "finetune")


def experiment_file(overrides: Sequence[str], title: str, command: str) -> tuple[str, str]:
    """Write settings as an experiment file.

    Args:
        overrides: as they would be typed. What a file cannot say (``+``, ``~``, other experiments) stays in the
            command.
        title: what they are.
        command: that runs the file, without ``experiment=``.

    Returns:
        The text of the file, ``best.yaml``, and the whole command.
    """
    defaults, values, rest, experiments = [], {}, [], ["best"]  # type: ignore[var-annotated]
    for text, override in zip(overrides, OverridesParser.create().parse_overrides(list(overrides)), strict=True):
        key = override.key_or_group
        if key == "experiment" and not override.is_delete():
            named = override.value()
            experiments = [*(named if isinstance(named, list) else [named]), "best"]
        elif override.is_add() or override.is_delete() or override.package or "/" in key:
            rest.append(text)
        elif key in GROUPS:
            defaults.append({f"override /{key}": override.value()})
        else:
            _set(values, key.split("."), yaml.safe_load(text.partition("=")[2]))
    chosen = experiments[0] if len(experiments) == 1 else f"[{','.join(experiments)}]"
    whole = " ".join([command, *map(shlex.quote, [f"experiment={chosen}", *rest])])
    body = ({"defaults": defaults} if defaults else {}) | values
    text = yaml.safe_dump(body, sort_keys=False) if body else "{}\n"
    return f"# @package _global_\n# {title}\n#   {whole}\n{text}", whole


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value
