"""Whether a value of a config is one that a type allows, and what the type allows in words."""

import ast
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen

from epochwise.config.annotation import Instance, Later, look_up
from epochwise.config.definition import find
from epochwise.config.written import Written

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
