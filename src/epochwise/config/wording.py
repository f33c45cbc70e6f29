"""A type in words."""

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Len, MaxLen, MinLen

from epochwise.config.annotation import Instance, Later, look_up
from epochwise.config.fit import BOUNDS
from epochwise.config.written import Written

LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def wording(wanted: Any) -> str:
    """Say what a type allows: ``"int or null"``, ``"an int of at least 1"``, ``"a list of float"``.

    Objects are left out where plain values are allowed too.

    Args:
        wanted: a type as ``epochwise.config.fit.fits`` takes it.
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
