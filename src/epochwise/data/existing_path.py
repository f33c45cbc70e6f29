"""A path from the outside that must be there."""

from pathlib import Path

from epochwise.input_error import InputError


def existing_path(path: str, key: str) -> Path:
    """The file or folder at ``path``, ``~`` expanded.

    Args:
        path: relative to the working folder, or absolute.
        key: where the path was given, for the message.

    Raises:
        InputError: nothing is there. The message names the first part that is missing and what it may have meant.
    """
    place = missing = Path(path).expanduser()
    if place.exists():
        return place
    while not missing.parent.exists():
        missing = missing.parent
    beside = sorted(other.name for other in missing.parent.iterdir()) if missing.parent.is_dir() else []
    raise InputError(f"{key}={path}: there is no {missing.name!r}{InputError.closest(missing.name, beside)}")
