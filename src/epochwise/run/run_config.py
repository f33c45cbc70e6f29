"""The config of a run as its folder keeps it, and what changed since."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from epochwise.input_error import InputError
from epochwise.run.epochs_csv import is_count
from epochwise.run.run_folder import whole_file

FOLDER = "${run_folder}"
#: Modules whose classes have moved -> where they are: runs made before name them so.
MOVED = {
    f"epochwise.data.{name}": "epochwise.data.torchvision_pictures"
    for name in ("mnist", "fashion_mnist", "cifar10", "cifar100")
}


def relative_paths(value: Any, run_folder: str) -> Any:
    """Replace the run folder by ``${run_folder}`` in every text of nested dicts and lists, keys too."""
    return _in_texts(value, lambda text: FOLDER + text[len(run_folder) :] if _inside(text, run_folder) else text)


def absolute_paths(value: Any, run_folder: str) -> Any:
    """The inverse of ``relative_paths``, for where the folder stands now."""
    return _in_texts(value, lambda text: run_folder + text[len(FOLDER) :] if _inside(text, FOLDER) else text)


def with_moved_classes(text: str) -> str:
    """The text of a ``config.yaml``, with each class where it is now."""
    for was, now in MOVED.items():
        text = re.sub(rf"\b{re.escape(was)}\.(?=[A-Z])", f"{now}.", text)
    return text


def _inside(text: str, folder: str) -> bool:
    return text == folder or text.startswith(f"{folder}/")


def _in_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_in_texts(name, change): _in_texts(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_texts(item, change) for item in value]
    return value


#: Every run has them.
NODES = ("data", "model", "task", "optimizer", "scheduler", "stopping", "trainer")


def write_run_config(run_folder: Path, config: DictConfig) -> dict[str, Any]:
    """Write ``config.yaml``: all values resolved, the spec filled in: the run can be built again from it alone.

    Paths inside the run folder stay relative to it (``${run_folder}/checkpoints``): a folder may be moved.

    Returns:
        What was written, as plain values.
    """
    plain = plain_config(config)
    with whole_file(run_folder / "config.yaml") as file:
        yaml.safe_dump(plain, file, sort_keys=False)
    return plain


def plain_config(config: DictConfig) -> dict[str, Any]:
    """What ``write_run_config`` writes."""
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    folder = plain.pop("run_folder")
    plain.pop("trust", None)  # a folder does not say whether it is to be trusted
    return dict(relative_paths(plain, str(folder)))


def read_run_config(run_folder: Path) -> DictConfig:
    """Read ``config.yaml`` of a run folder, wherever that stands now.

    Raises:
        FileNotFoundError: there is none.
        InputError: it is damaged or cut short.
    """
    path = run_folder / "config.yaml"
    try:
        plain = yaml.safe_load(with_moved_classes(path.read_text(encoding="utf-8")))
        found = OmegaConf.create({"run_folder": str(run_folder), **plain})
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, TypeError) as error:
        raise InputError(f"run: {path} is damaged or cut short") from error
    if cut := [name for name in NODES if not isinstance(found.get(name), DictConfig)]:
        raise InputError(f"run: {path} has no {cut[0]!r}: it is damaged or cut short")
    return found


def flat(plain: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings under dotted names, as a table of runs shows them: ``{"trainer.max_epochs": 30}``."""
    settings: dict[str, Any] = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            settings |= flat(value, f"{prefix}{name}.")
        else:
            settings[f"{prefix}{name}"] = value if isinstance(value, (bool, int, float, str)) else str(value)
    return settings


#: Root keys that say what this command does, or what follows from the data: no settings of the run.
NO_SETTINGS = (
    "run_folder",
    "spec",
    "resume",
    "extend",
    "budget",
    "find",
    "dry_run",
    "report",
    "trust",
    "changes",
    "steps_per_execution",
)
#: Root keys that are no settings with the values that a run has which was begun when there were none.
AS_BEFORE: dict[str, tuple[Any, ...]] = {
    "compile": (None, False),
    "channels_last": (None, "auto"),
    "activation_checkpointing": (None, False),
}


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
        if name not in NO_SETTINGS and value not in AS_BEFORE.get(name, ()):
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
