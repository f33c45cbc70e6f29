"""Annotations of a source, as far as they can be read without importing it."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import annotated_types

from epochwise.source.definition import Source, in_module


@dataclass(frozen=True)
class Written:
    """A bound of a text, as ``annotated_types.Ge`` is one of a number.

    Args:
        pattern: that all of it matches (``re.fullmatch``).
        words: the same for people.
    """

    pattern: str
    words: str


#: What a name ends in -> the type it stands for. Sequences of all kinds are lists in YAML.
PLAIN: dict[str, Any] = {
    "int": int, "float": float, "bool": bool, "str": str, "None": None, "Any": Any, "object": Any,
    "Path": Path, "PathLike": Path,
    "list": list, "List": list, "Sequence": list, "MutableSequence": list, "Iterable": list, "Collection": list,
    "set": list, "Set": list, "AbstractSet": list, "frozenset": list, "FrozenSet": list,
    "tuple": tuple, "Tuple": tuple,
    "dict": dict, "Dict": dict, "Mapping": dict, "MutableMapping": dict,
}  # fmt: skip
BUILT = ("Callable", "type", "Type")  # what YAML has no plain value for
#: Bases of classes that convert plain values, or only describe them.
LOOSE = {"str", "int", "float", "Enum", "StrEnum", "StrictEnum", "IntEnum", "TypedDict", "NamedTuple", "Protocol"}


@dataclass(frozen=True)
class Instance:
    """Stands for an object that only a node with ``_target_`` can make.

    Args:
        name: of its class, for messages.
    """

    name: str


@dataclass(frozen=True)
class Later:
    """Stands for a name that is looked up only where the cheaper members of a union did not fit.

    Args:
        expression: the name as written.
        module: where it is written.
    """

    expression: str
    module: Source


def annotation(node: ast.expr | None, module: Source) -> Any:
    """Make the type of an annotation.

    Args:
        node: the annotation; ``None`` where there is none.
        module: the module it stands in.

    Returns:
        A type as ``typing`` writes it, with ``Annotated[Any, Instance(...)]`` for other objects and ``Annotated[Any,
        Later(...)]`` for names to look up. Whatever is beyond this (type variables, protocols, ...) is ``Any``.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            try:
                return annotation(ast.parse(node.value, mode="eval").body, module)
            except SyntaxError:
                return Any
        return node.value if node.value is None else Any
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Union[annotation(node.left, module), annotation(node.right, module)]  # noqa: UP007 (made at run time)
    if isinstance(node, ast.Subscript):
        return _subscript(node, module)
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = ast.unparse(node)
        if name.split(".")[-1] in BUILT:
            return Annotated[Any, Instance(name.split(".")[-1])]
        if name.split(".")[-1] in PLAIN:
            return PLAIN[name.split(".")[-1]]
        return Annotated[Any, Later(name, module)]
    return Any


@cache
def look_up(later: Later) -> Any:
    """The type behind a name: an alias is followed, a class is an ``Instance``, anything else is ``Any``."""
    found = in_module(later.module, later.expression)
    if found is None:
        return Any
    if isinstance(found.node, ast.ClassDef):
        names = {ast.unparse(base).split("[")[0].split(".")[-1] for base in found.node.bases}
        return Any if names & LOOSE else Annotated[Any, Instance(found.node.name)]
    if isinstance(found.node, (ast.Assign, ast.AnnAssign)) and not isinstance(found.node.value, ast.Call):
        made = annotation(found.node.value, found.module)
        return Any if made is None else made
    return Any


def _subscript(node: ast.Subscript, module: Source) -> Any:
    kind = ast.unparse(node.value).split(".")[-1]
    inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if kind == "Literal":
        return _literal(inside)
    if kind == "Annotated":
        constraints = [made for made in map(_constraint, inside[1:]) if made is not None]
        made = annotation(inside[0], module)
        for constraint in constraints:
            made = Annotated[made, constraint]
        return made
    if kind in BUILT:
        return Annotated[Any, Instance(kind)]
    if kind in ("Final", "ClassVar", "Required", "NotRequired", "InitVar"):
        return annotation(inside[0], module)
    if kind == "Optional":
        return Union[annotation(inside[0], module), None]  # noqa: UP007
    types = [annotation(item, module) for item in inside if not (isinstance(item, ast.Constant) and item.value is ...)]
    if kind == "Union":
        return Union[tuple(types)]  # noqa: UP007
    plain = PLAIN.get(kind)
    if plain is tuple:
        repeats = len(types) < len(inside)
        return list[types[0]] if repeats else tuple.__class_getitem__(tuple(types))  # type: ignore[valid-type]
    if plain is list and len(types) == 1:
        return list[types[0]]  # type: ignore[valid-type]
    if plain is dict and len(types) == 2:
        return dict[types[0], types[1]]  # type: ignore[valid-type]
    return annotation(node.value, module)


def _literal(items: list[ast.expr]) -> Any:
    try:
        return Literal[tuple(ast.literal_eval(item) for item in items)]
    except (ValueError, TypeError):
        return Any


def _constraint(node: ast.expr) -> Any:
    """``Ge(1)`` or ``Interval(ge=0, lt=1)`` as written in an annotation; anything else says nothing about values."""
    if not isinstance(node, ast.Call):
        return None
    kind: Callable[..., Any] | None = getattr(annotated_types, ast.unparse(node.func).split(".")[-1], None)
    if kind is None:
        return None
    try:
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        return kind(*map(ast.literal_eval, node.args), **named)
    except (ValueError, TypeError):
        return None
