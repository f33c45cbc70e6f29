"""Paths of a run folder, said so that they hold when it is moved."""

from collections.abc import Callable
from typing import Any

FOLDER = "${run_folder}"


def relative_paths(value: Any, run_folder: str) -> Any:
    """Replace the run folder by ``${run_folder}`` in every text of nested dicts and lists, keys too."""
    return _in_texts(value, lambda text: FOLDER + text[len(run_folder) :] if _inside(text, run_folder) else text)


def absolute_paths(value: Any, run_folder: str) -> Any:
    """The inverse of ``relative_paths``, for where the folder stands now."""
    return _in_texts(value, lambda text: run_folder + text[len(FOLDER) :] if _inside(text, FOLDER) else text)


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
