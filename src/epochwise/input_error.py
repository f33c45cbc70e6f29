"""Unusable input, how it is said, and constructors that refuse it."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints


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


def allowed_names(name: str, names: list[str]) -> str:
    """Say which names are allowed, and the closest one. Where one is close, a long list is left out.

    Args:
        name: what was given.
        names: what could have been.
    """
    close = InputError.closest(name, names)
    return close if close and len(names) > MANY else f", allowed: {', '.join(names) or 'none'}{close}"


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


Constructor = TypeVar("Constructor", bound=Callable[..., None])
LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
PLAIN = {int: "a whole number", float: "a number", str: "text", bool: "True or False"}


def checked_arguments(init: Constructor) -> Constructor:
    """Raise InputError for a plain value that the annotation of its argument does not allow.

    The front doors hold a config to the same annotations before anything is imported; this is for who makes the object
    in Python. ``Literal``, numbers, text, bools, ``None`` and the bounds of ``annotated_types`` are looked at, anything
    else passes.
    """
    hints = cache(lambda: get_type_hints(init, include_extras=True))
    bind = signature(init).bind

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            given = bind(self, *args, **kwargs).arguments
        except TypeError:
            given = {}  # which the call itself says
        faults = []
        for name, value in given.items():
            if (wanted := hints().get(name, Any)) is not Any and not allows(wanted, value):
                allowed = f"{words(wanted)}{_closest(value, wanted)}"
                faults.append(f"{type(self).__name__}: {name}: got {value!r}, allowed: {allowed}")
        if faults:
            raise InputError(*faults)
        init(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


def allows(wanted: Any, value: Any) -> bool:
    """Whether an annotation allows a value."""
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        limits = [
            (name, limit) for note in inside[1:] for name in LIMITS if (limit := getattr(note, name, None)) is not None
        ]
        return allows(inside[0], value) and (not isinstance(value, Real) or all(_within(value, *one) for one in limits))
    if origin in (Union, UnionType):
        return any(allows(one, value) for one in inside)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inside)
    if wanted is NoneType:
        return value is None
    if wanted in (int, float):
        return isinstance(value, Integral if wanted is int else Real) and not isinstance(value, bool)
    return isinstance(value, wanted) if wanted in (str, bool) else True


def words(wanted: Any) -> str:
    """What an annotation allows: ``a whole number of at least 1``, ``'min' or 'max'``."""
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        said = [
            f"{LIMITS[name]} {limit:g}"
            for note in inside[1:]
            for name in LIMITS
            if (limit := getattr(note, name, None)) is not None
        ]
        return f"{words(inside[0])} {' and '.join(said)}".rstrip()
    if origin in (Union, UnionType):
        return " or ".join(map(words, inside))
    if origin is Literal:
        return " or ".join(map(repr, inside))
    return "None" if wanted is NoneType else PLAIN.get(wanted, "an object")


def _limits(notes: tuple[Any, ...]) -> list[tuple[str, Any]]:
    found = [(name, getattr(note, name, None)) for note in notes for name in LIMITS]
    return [(name, limit) for name, limit in found if limit is not None]


def _within(value: Any, name: str, limit: Any) -> bool:
    return bool({"ge": value >= limit, "gt": value > limit, "le": value <= limit, "lt": value < limit}[name])


def _closest(value: Any, wanted: Any) -> str:
    names = [one for one in get_args(wanted) if isinstance(one, str)] if get_origin(wanted) is Literal else []
    return InputError.closest(value, names) if isinstance(value, str) and names else ""
