"""Whether a value fits an annotation, what that allows in words, and constructors that hold to their own."""

import ast
import re
from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen

from epochwise.input_error import InputError
from epochwise.source.annotation import Instance, Later, Written, look_up
from epochwise.source.definition import find

BOUNDS = (Ge, Gt, Le, Lt, Interval, MinLen, MaxLen, Len, Written)


def fits(value: Any, wanted: Any) -> bool:
    """Whether a plain value can be given where a type is wanted.

    Args:
        value: as YAML has it: text, numbers, lists, dicts, ``None``. A dict with ``_target_`` stands for what it makes:
            an object of a class is no number, text or bool; what a function returns is not known and fits.
        wanted: a type as ``annotation`` makes it, or written with ``typing`` and ``annotated_types``.

    Returns:
        ``True`` for whole numbers where a float is wanted, for text where a path is, for a list where any sequence is;
        ``False`` for a bool where a number is wanted, and for a number where text is.
    """
    origin, inside = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return True
    if isinstance(value, dict) and "_target_" in value and origin not in (Annotated, Union, UnionType):
        plain = wanted in (int, float, bool, str, None, NoneType) or origin is Literal
        return not plain or not _makes_an_object(value)
    if origin is Annotated:
        return _fits_annotated(value, inside[0], inside[1:])
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inside)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inside)
    if wanted in (None, NoneType):
        return value is None
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if wanted in (str, bool):
        return isinstance(value, wanted)
    if wanted is Path:
        return isinstance(value, str)
    if wanted in (list, tuple) or origin is list:
        return isinstance(value, list) and all(fits(item, inside[0]) for item in value if inside)
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(inside) and all(map(fits, value, inside))
    if wanted is dict or origin is dict:
        pairs = value.items() if isinstance(value, dict) and inside else ()
        return isinstance(value, dict) and all(fits(key, inside[0]) and fits(item, inside[1]) for key, item in pairs)
    return True


def _fits_annotated(value: Any, wanted: Any, notes: tuple[Any, ...]) -> bool:
    for note in notes:
        if isinstance(note, Later):
            return fits(value, look_up(note))
        if isinstance(note, Instance):
            return isinstance(value, dict) and "_target_" in value
    made = isinstance(value, dict) and "_target_" in value
    return fits(value, wanted) and all(made or _within(value, note) for note in notes if isinstance(note, BOUNDS))


def _makes_an_object(node: dict[Any, Any]) -> bool:
    """Whether a node names a class, or leaves something to be called."""
    try:
        found = find(str(node["_target_"]))
    except LookupError:
        return False  # a fault of its own
    return node.get("_partial_") is True or (found is not None and isinstance(found.node, ast.ClassDef))


def _within(value: Any, bound: Any) -> bool:
    if isinstance(bound, Written):
        return not isinstance(value, str) or re.fullmatch(bound.pattern, value) is not None
    if isinstance(bound, (MinLen, MaxLen, Len)):
        low, high = getattr(bound, "min_length", 0), getattr(bound, "max_length", None)
        return not hasattr(value, "__len__") or (low <= len(value) and (high is None or len(value) <= high))
    if not isinstance(value, (int, float)):
        return True  # null, or text in a union
    limits = {name: getattr(bound, name, None) for name in ("ge", "gt", "le", "lt")}
    return (
        (limits["ge"] is None or value >= limits["ge"])
        and (limits["gt"] is None or value > limits["gt"])
        and (limits["le"] is None or value <= limits["le"])
        and (limits["lt"] is None or value < limits["lt"])
    )


LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def wording(wanted: Any) -> str:
    """Say what a type allows: ``"int or null"``, ``"an int of at least 1"``, ``"a list of float"``.

    Objects are left out where plain values are allowed too.

    Args:
        wanted: a type as ``epochwise.source.fit.fits`` takes it.
    """
    words = list(dict.fromkeys(_members(wanted)))
    plain = [word for word in words if not word.startswith("an object")]
    words = plain if set(plain) - {"null"} else words  # what can be typed is what helps
    if "null" in words:
        words = [word for word in words if word != "null"] + ["null"]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _members(wanted: Any) -> list[str]:
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return [word for one in inside for word in _members(one)]
    if origin is Literal:
        return [repr(one) for one in inside]
    if origin is Annotated:
        for note in inside[1:]:
            if isinstance(note, Later):
                return _members(look_up(note))
            if isinstance(note, Instance):
                return [f"an object ({note.name}, by its '_target_')"]
        return _bounded(inside[0], [note for note in inside[1:] if isinstance(note, BOUNDS)])
    if wanted in (None, NoneType):
        return ["null"]
    if origin in (list, tuple):
        each = wording(inside[0]) if origin is list else ", ".join(map(wording, inside))
        return [f"a list, each {each}" if each.startswith(("a ", "an ")) and origin is list else f"a list of {each}"]
    if origin is dict:
        return [f"a dict of {wording(inside[0])} to {wording(inside[1])}"]
    if wanted in (list, tuple, dict):
        return ["a dict" if wanted is dict else "a list"]
    return [{"Any": "anything", "Path": "a path"}.get(name := getattr(wanted, "__name__", "Any"), name)]


def _bounded(wanted: Any, bounds: list[Any]) -> list[str]:
    if looks := [bound.words for bound in bounds if isinstance(bound, Written)]:
        return looks
    kinds = _members(wanted)
    limits = {
        name: getattr(bound, name) for bound in bounds for name in LIMITS if getattr(bound, name, None) is not None
    }
    said = " and ".join(f"{LIMITS[name]} {limits[name]}" for name in LIMITS if name in limits)
    if sizes := [bound for bound in bounds if isinstance(bound, (MinLen, MaxLen, Len))]:
        least, most = getattr(sizes[0], "min_length", 0), getattr(sizes[0], "max_length", None)
        said = f"at least {least} entries" if least else f"at most {most} entries"
    said = f"of {said}" if said.startswith("at") else said
    nouns = {"int": "an int", "float": "a number"}
    if sizes:
        kinds = [kind.replace("a list, each", f"a list {said}, each") for kind in kinds]
    return [
        kind if kind in ("null", "bool") or not said or said in kind else f"{nouns.get(kind, kind)} {said}"
        for kind in kinds
    ]


Constructor = TypeVar("Constructor", bound=Callable[..., None])
PLAIN = {int: "a whole number", float: "a number", str: "text", bool: "True or False"}


def checked_arguments(init: Constructor) -> Constructor:
    """Raise InputError for a value that the annotation of its argument does not allow.

    A command holds a config to the same annotations before anything is imported; this is for who makes the object in
    Python.
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
            wanted = hints().get(name, Any)
            if not fits(_as_in_yaml(value), wanted):
                allowed = f"{_in_python(wanted)}{_closest(value, wanted)}"
                faults.append(f"{type(self).__name__}: {name}: got {value!r}, allowed: {allowed}")
        if faults:
            raise InputError(*faults)
        init(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


def _as_in_yaml(value: Any) -> Any:
    """A path as text, numpy's numbers as Python's."""
    if isinstance(value, bool) or not isinstance(value, (Path, Real)):
        return value
    return str(value) if isinstance(value, Path) else int(value) if isinstance(value, Integral) else float(value)


def _in_python(wanted: Any) -> str:
    """What an annotation allows: ``a whole number at least 1``, ``'min' or 'max'``."""
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        limits = [(word, getattr(note, name, None)) for note in inside[1:] for name, word in LIMITS.items()]
        said = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
        return f"{_in_python(inside[0])} {' and '.join(said)}".rstrip()
    if origin in (Union, UnionType):
        return " or ".join(map(_in_python, inside))
    if origin is Literal:
        return " or ".join(map(repr, inside))
    return "None" if wanted is NoneType else PLAIN.get(wanted, "an object")


def _closest(value: Any, wanted: Any) -> str:
    names = [one for one in get_args(wanted) if isinstance(one, str)] if get_origin(wanted) is Literal else []
    return InputError.closest(value, names) if isinstance(value, str) and names else ""
