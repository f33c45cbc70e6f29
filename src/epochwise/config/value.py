"""One value against the type it has to have."""

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from epochwise.config.allowed_names import MANY
from epochwise.config.annotation import Later, look_up
from epochwise.config.fit import fits
from epochwise.config.resolve import MISSING, UNKNOWN
from epochwise.config.wording import wording
from epochwise.input_error import InputError


def value_fault(path: str, value: Any, wanted: Any) -> str | None:
    """The line for a value that a type does not allow; ``None`` for one that it allows or that is not known yet."""
    if value is MISSING:
        return f"{path}: has no value yet, give it one with {path}=...; allowed: {wording(wanted)}"
    if value is UNKNOWN or _fits_known(value, wanted):
        return None
    # A number is not taken for text in silence: 007 would have become 7.
    hint = f"; as text: \"{path}='{value}'\"" if type(value) in (int, float) and fits(str(value), wanted) else ""
    names = _names(wanted)
    close = InputError.closest(value, names) if isinstance(value, str) else ""
    allowed = "" if close and len(names) > MANY else f", allowed: {wording(wanted)}"
    return f"{path}: got {_said(value)}{allowed}{hint}{close}"


def _names(wanted: Any) -> list[str]:
    """The texts of which one is allowed."""
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return [one for one in inside if isinstance(one, str)]
    if origin in (Union, UnionType):
        return [name for one in inside for name in _names(one)]
    if origin is Annotated:
        later = [note for note in inside[1:] if isinstance(note, Later)]
        return _names(look_up(later[0]) if later else inside[0])
    return []


def _said(value: Any) -> str:
    """A value and its type, as messages show it."""
    if value is None:
        return "null"
    return repr(value) if isinstance(value, (dict, list, bool)) else f"{value!r} ({type(value).__name__})"


def _fits_known(value: Any, wanted: Any) -> bool:
    """Whether what is known of a value fits: parts that wait for the run are passed over."""
    if isinstance(value, list) and any(item is UNKNOWN or item is MISSING for item in value):
        return True
    if isinstance(value, dict) and any(item is UNKNOWN or item is MISSING for item in value.values()):
        return True
    return fits(value, wanted)
