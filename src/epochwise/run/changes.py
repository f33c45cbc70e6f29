"""Settings that were changed where a run went on, and from which step they hold."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.run.kept_rows import is_count
from epochwise.run.relative_paths import relative_paths

#: Root keys that say what this command does, or what follows from the data: no settings of the run.
NO_SETTINGS = ("run_folder", "spec", "resume", "extend", "budget", "find", "dry_run", "report", "trust", "changes")


def settings_of(config: DictConfig) -> dict[str, Any]:
    """The settings of a run under dotted keys.

    Args:
        config: of a run, resolved or not.

    Returns:
        Key -> plain value. A node with a ``_target_`` is taken apart, and so are ``callbacks`` and ``loggers``; any
        other mapping or list is one value.
    """
    plain: Any = OmegaConf.to_container(config, resolve=True)
    plain = relative_paths(plain, str(plain.get("run_folder")))
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if name not in NO_SETTINGS:
            _take_apart(str(name), value, name in ("callbacks", "loggers"), found)
    return found


def _take_apart(key: str, value: Any, is_plural: bool, found: dict[str, Any]) -> None:
    if isinstance(value, dict) and (is_plural or "_target_" in value):
        for name, item in value.items():
            _take_apart(f"{key}.{name}", item, False, found)
    elif not is_plural:
        found[key] = value


def differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Where two settings differ.

    Returns:
        Key -> ``was`` and ``now``; one of them is missing where the key was added or dropped. Numbers that are equal
        are the same setting, a whole one or not.
    """
    keys = [key for key in {**before, **after} if (key in before) != (key in after) or before[key] != after[key]]
    sides = {"was": before, "now": after}
    return {key: {side: values[key] for side, values in sides.items() if key in values} for key in keys}


def settings_at(config: DictConfig, step: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The settings that a checkpoint was made with, which may be older than the ``config.yaml`` beside it.

    Args:
        config: a run's ``config.yaml``. It is written before the first step with its settings, and the run may have
            ended before the next checkpoint.
        step: optimizer steps of the checkpoint.

    Returns:
        Key -> value, and the changes before that step, which stay recorded.

    Raises:
        ValueError: its ``changes`` are not as a run writes them.
    """
    settings = settings_of(config)
    plain: Any = OmegaConf.to_container(config, resolve=False)
    recorded = plain.get("changes") or []
    if not isinstance(recorded, list) or not all(map(_is_record, recorded)):
        raise ValueError("changes: not as a run writes them")
    for record in recorded[::-1]:
        if record["at_step"] >= step:
            settings = {key: value for key, value in settings.items() if key not in record["now"]} | record["was"]
    return settings, [record for record in recorded if record["at_step"] < step]


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or not is_count(record.get("at_epoch")) or not is_count(record.get("at_step")):
        return False
    return isinstance(record.get("was"), dict) and isinstance(record.get("now"), dict)


def record_of(changed: dict[str, dict[str, Any]], epoch: int, step: int) -> dict[str, Any]:
    """What ``config.yaml`` says of a change: the epoch and the step from which it holds, and both values by key."""
    sides = {side: {key: values[side] for key, values in changed.items() if side in values} for side in ("was", "now")}
    return {"at_epoch": epoch, "at_step": step, **sides}


def node_of(settings: dict[str, Any], name: str) -> dict[str, Any]:
    """One node of settings under dotted keys, such as that of the optimizer, put together again."""
    node: dict[str, Any] = {}
    for key, value in settings.items():
        first, *path = key.split(".")
        if first == name and path:
            inner = node
            for part in path[:-1]:
                inner = inner.setdefault(part, {})
            inner[path[-1]] = value
    return node
