"""The arguments of a class or function, read from its source."""

import ast
from dataclasses import dataclass, field
from functools import cache

from epochwise.source.definition import Found, Source, find


@dataclass(frozen=True)
class Parameter:
    """One argument: its annotation with the module it stands in, and its default; ``None`` where it has none."""

    annotation: ast.expr | None
    default: ast.expr | None
    module: Source


@dataclass(frozen=True)
class Signature:
    """What a call takes.

    Args:
        parameters: by name, in order.
        positional: how many of them can be given without a name.
        takes_more: any number can be given without a name.
        takes_any: it has ``**kwargs``, so a key that is not named here is no mistake.
    """

    parameters: dict[str, Parameter] = field(default_factory=dict)
    positional: int = 0
    takes_any: bool = False
    takes_more: bool = False


@cache
def signature(target: str) -> Signature | None:
    """Read the signature of what a ``_target_`` names, without importing it.

    Args:
        target: dotted path of a class, function or classmethod; re-exports are followed.

    Returns:
        The signature as ``inspect.signature`` has it; ``None`` where the source cannot tell (a compiled module, a name
        made at run time).

    Raises:
        LookupError: there is nothing of that name; the message says what is there.
    """
    found = find(target)
    return None if found is None else _of(found)


def _of(found: Found) -> Signature | None:
    if isinstance(found.node, ast.ClassDef):
        return _of_class(found)
    if isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        static = not found.in_class or _decorated(found.node, "staticmethod")
        return _of_function(found.node, found.module, skip_first=not static)
    return None


def _of_class(found: Found) -> Signature | None:
    assert isinstance(found.node, ast.ClassDef)
    body = {item.name: item for item in found.node.body if isinstance(item, ast.FunctionDef)}
    if constructor := body.get("__init__") or body.get("__new__"):
        return _of_function(constructor, found.module, skip_first=True)
    bases = found.bases()
    if _decorated(found.node, "dataclass"):
        return _of_dataclass(found)
    if bases is None:
        return None
    for base in bases:
        read = _of_class(base)
        # A base without arguments of its own leaves the word to the next one.
        if read is None or read.parameters or read.takes_any or read.takes_more:
            return read
    return Signature()


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, module: Source, skip_first: bool) -> Signature:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
    named = list(zip(plain, defaults, strict=True))[skip_first:]
    keyword_only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    parameters = {item.arg: Parameter(item.annotation, default, module) for item, default in [*named, *keyword_only]}
    return Signature(parameters, len(named), arguments.kwarg is not None, arguments.vararg is not None)


def _of_dataclass(found: Found) -> Signature | None:
    assert isinstance(found.node, ast.ClassDef)
    inherited = [_of_class(base) for base in found.bases() or [] if _decorated(base.node, "dataclass")]
    parameters: dict[str, Parameter] = {}
    for read in reversed(inherited):
        parameters |= read.parameters if read else {}
    for item in found.node.body:
        if not (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)):
            continue
        default = item.value
        if isinstance(default, ast.Call) and ast.unparse(default.func).endswith("field"):
            given = {keyword.arg: keyword.value for keyword in default.keywords}
            if isinstance(made := given.get("init"), ast.Constant) and made.value is False:
                continue
            default = given.get("default", given.get("default_factory"))
        if not any(word in ast.unparse(item.annotation) for word in ("ClassVar", "KW_ONLY")):
            parameters[item.target.id] = Parameter(item.annotation, default, found.module)
    return Signature(parameters, len(parameters))


def _decorated(node: ast.AST, name: str) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(ast.unparse(item).split("(")[0].split(".")[-1] == name for item in decorators)
