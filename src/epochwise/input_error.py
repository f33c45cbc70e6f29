"""Unusable input, and how it is said."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


class InputError(Exception):
    """An input that cannot be used: a key, a value, a file. Front doors print its lines and exit with code 2.

    Args:
        *lines: one fault a line. Each names the key or file, what was given, what is allowed and, where there is one,
            the closest valid name. What a terminal would not show as it is, such as a line break in a name, is escaped.
    """

    def __init__(self, *lines: str) -> None:
        self.lines = tuple(map(_one_line, lines))
        super().__init__("\n".join(self.lines))

    @staticmethod
    def closest(name: str, names: list[str]) -> str:
        """The end of a line: ``"; did you mean 'x'?"``, or nothing where no name is close."""
        written = {known.lower(): known for known in names}
        matches = get_close_matches(name, names, n=1, cutoff=0.6)
        matches = matches or [written[low] for low in get_close_matches(name.lower(), list(written), n=1, cutoff=0.6)]
        if not matches and len(name) > 1:
            # The start of one, or one and more: acc for accuracy, 64bit for 64.
            starts = [known for known in names if len(known) > 1 and (known.startswith(name) or name.startswith(known))]
            matches = sorted(starts, key=lambda known: abs(len(known) - len(name)))
        return f"; did you mean {matches[0]!r}?" if matches else ""


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


MANY = 12
MOST_LINES = 10


def allowed_names(name: str, names: list[str]) -> str:
    """Say which names are allowed, and the closest one. Where one is close, a long list is left out.

    Args:
        name: what was given.
        names: what could have been.
    """
    close = InputError.closest(name, names)
    return close if close and len(names) > MANY else f", allowed: {', '.join(names) or 'none'}{close}"


def first_lines(lines: Sequence[str], way_out: str = "") -> list[str]:
    """The first ten lines, and one that says how many more there are.

    Args:
        lines: a fault each.
        way_out: the end of that line: what to do where there are so many.
    """
    left = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"and {left} more{way_out}"] if left > 0 else [])]


#: Where the files of conf look for data unless they are told.
OUR_FOLDER = "datasets"


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
    beside = [name for name in beside if not name.startswith(".") or missing.name.startswith(".")]
    is_ours = place.parts[0] == OUR_FOLDER  # so it need not be what somebody typed
    close = "" if is_ours and missing == Path(OUR_FOLDER) else InputError.closest(missing.name, beside)
    raise InputError(f"{key}={path}: there is no {missing.name!r}{close or f'; give yours by {key}=PATH' * is_ours}")
