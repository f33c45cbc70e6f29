"""A constructor that holds what it is given to its own annotations, wherever it is called."""

from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from epochwise.input_error import InputError

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
