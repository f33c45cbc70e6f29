"""A config with its interpolations resolved as far as that goes without a run."""

import re
from dataclasses import dataclass, field
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException


def quoted(text: str) -> str:
    """Put text in quotes, so that Hydra reads it as it is, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


# What only the run itself can tell: facts of the data, the run folder, the environment, the time.
LATER = re.compile(r"\$\{\s*(?:spec\s*[.}\[]|(?:hydra|oc\.env|now)\s*:)")
MARK = "\ue000"  # stands for a later value, also inside a longer text


class Unknown:
    """A value that is not known before the run."""


class Missing:
    """A value that has to be given: ``???``."""


UNKNOWN, MISSING = Unknown(), Missing()


@dataclass
class Resolved:
    """A config without interpolations.

    Args:
        tree: dicts, lists and plain values; ``UNKNOWN`` where only the run can tell, ``MISSING`` for ``???``.
        faults: dotted key -> line, for interpolations that lead nowhere.
        written: dotted key -> the interpolation it was written as.
    """

    tree: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)


def resolve(config: DictConfig) -> Resolved:
    """Follow every interpolation of a config.

    Args:
        config: composed; its ``hydra`` node is left out. ``${spec...}``, ``${hydra:...}``, ``${oc.env:...}`` and
            ``${now:...}`` are not followed, nor is what refers to them.
    """
    raw = OmegaConf.to_container(config, resolve=False)
    assert isinstance(raw, dict)
    raw.pop("hydra", None)
    resolved = Resolved({})
    marked = OmegaConf.create(_mark(raw, "", resolved.written))
    resolved.tree = _plain(marked, "", resolved)
    return resolved


def join(path: str, key: object) -> str:
    """The dotted key of an entry."""
    return f"{path}.{key}" if path else str(key)


def _mark(value: Any, path: str, written: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _mark(item, join(path, key), written) for key, item in value.items()}
    if isinstance(value, list):
        return [_mark(item, join(path, index), written) for index, item in enumerate(value)]
    if isinstance(value, str) and "${" in value:
        written[path] = value
        return MARK if LATER.search(value) else value
    return value


def _plain(node: DictConfig | ListConfig, path: str, resolved: Resolved) -> Any:
    keys = list(node.keys()) if isinstance(node, DictConfig) else list(range(len(node)))
    made = {key: _value(node, key, join(path, key), resolved) for key in keys}
    return made if isinstance(node, DictConfig) else list(made.values())


def _value(node: Any, key: Any, path: str, resolved: Resolved) -> Any:
    if OmegaConf.is_missing(node, key):
        return MISSING
    try:
        value = node[key]
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        resolved.faults[path] = f"{path}: got {resolved.written.get(path, '')!r}, which leads nowhere: {reason}"
        return UNKNOWN
    if isinstance(value, (DictConfig, ListConfig)):
        if path in resolved.written and _holds(value, node):
            resolved.faults[path] = f"{path}: got {resolved.written[path]!r}, which leads back to itself"
            return UNKNOWN
        return _plain(value, path, resolved)
    return UNKNOWN if isinstance(value, str) and MARK in value else value


def _holds(value: Any, node: Any) -> bool:
    """Whether a node stands inside a value, or is it."""
    while node is not None and node is not value:
        node = node._get_parent()
    return node is value
