"""Overrides as an experiment of conf/experiment."""

import shlex
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, ListConfig, OmegaConf

GROUPS = ("data", "model", "task", "optimizer", "scheduler", "stopping", "trainer", "finetune", "callbacks", "loggers")


def experiment_file(
    overrides: Sequence[str],
    title: str,
    command: str,
    config: DictConfig | None = None,
    is_group: Callable[[str], object] = GROUPS.__contains__,
) -> tuple[str, str]:
    """Write settings as an experiment file.

    Args:
        overrides: as they would be typed. What a file cannot say (``~``, files that are added, other experiments, and
            the settings of what they change, which would come before them) stays in the command.
        title: what they are.
        command: that runs the file, without ``experiment=``.
        config: that the overrides make: an entry of a list is written with its whole list.
        is_group: whether files are chosen by a key.

    Returns:
        The text of the file, ``best.yaml``, and the whole command.
    """
    defaults, values, rest, experiments = [], {}, [], ["best"]  # type: ignore[var-annotated]
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    typed = {_root(override) for override in parsed if _typed_alone(override, is_group)}
    for text, override in zip(overrides, parsed, strict=True):
        key = override.key_or_group
        if key == "experiment" and not override.is_delete():
            named = override.value()
            experiments = [*(named if isinstance(named, list) else [named]), "best"]
        elif _typed_alone(override, is_group) or (not is_group(key) and _root(override) in typed):
            rest.append(text)
        elif is_group(key):
            defaults.append({f"override /{key}": override.value()})
        else:
            path = key.split(".")
            value = override.value()  # as Hydra reads it: to YAML, 1e-5 is no number
            _set(values, *(_whole_list(config, path) or (path, value)))
    chosen = experiments[0] if len(experiments) == 1 else f"[{','.join(experiments)}]"
    whole = " ".join([command, *map(shlex.quote, [f"experiment={chosen}", *rest])])
    body = ({"defaults": defaults} if defaults else {}) | values
    text = yaml.safe_dump(body, sort_keys=False) if body else "{}\n"
    return f"# @package _global_\n# {title}\n#   {whole}\n{text}", whole


def _typed_alone(override: Override, is_group: Callable[[str], object]) -> bool:
    """Whether a file cannot say it."""
    key = override.key_or_group
    added = is_group(key) and (override.is_add() or override.is_force_add())
    return bool(added or override.is_delete() or override.package or "/" in key)


def _root(override: Override) -> str:
    return str(override.key_or_group).partition(".")[0]


def _whole_list(config: DictConfig | None, path: list[str]) -> tuple[list[str], Any] | None:
    """The list on the way to a key, and its path; None where there is none."""
    node: Any = config
    for depth, part in enumerate(path):
        if isinstance(node, ListConfig):
            return path[:depth], OmegaConf.to_container(node, resolve=False)
        node = node._get_node(part) if isinstance(node, DictConfig) and part in node else None
    return None


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value
