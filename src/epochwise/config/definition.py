"""Where a dotted name is defined, through re-exports."""

import ast
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from epochwise.config.module_file import module_file, submodules
from epochwise.config.source import Definition, Source, source
from epochwise.input_error import InputError


@dataclass(frozen=True)
class Found:
    """A definition, the module it stands in, and whether it stands in a class there."""

    node: Definition
    module: Source
    in_class: bool = False

    def bases(self) -> list["Found"] | None:
        """The classes this class inherits from; ``None`` where one of them cannot be read."""
        assert isinstance(self.node, ast.ClassDef)
        found = []
        for base in self.node.bases:
            expression = base.value if isinstance(base, ast.Subscript) else base
            if ast.unparse(expression).split(".")[-1] in ("object", "ABC", "Generic", "Protocol"):
                continue
            one = in_module(self.module, ast.unparse(expression))
            if one is None or not isinstance(one.node, ast.ClassDef):
                return None
            found.append(one)
        return found


@cache
def find(path: str) -> Found | None:
    """Find the definition of a dotted path, such as ``lightning.pytorch.Trainer``, without importing it.

    Returns:
        The definition; ``None`` where the source cannot tell whether there is one.

    Raises:
        LookupError: there is none. The message says which part is missing and the closest name.
    """
    parts = path.split(".")
    if len(parts) == 1 or not all(part.isidentifier() for part in parts):
        raise LookupError("no dotted path of a class or function")
    # The longest part of the path that is a module.
    modules = takewhile(module_file, [".".join(parts[: count + 1]) for count in range(len(parts))])
    module = list(modules)[-1:]
    if not module:
        raise LookupError(f"no package {parts[0]!r} is installed")
    rest = parts[module[0].count(".") + 1 :]
    if not rest:
        # A class may bear the name of the module beside it.
        module, rest = [".".join(parts[:-1])], parts[-1:]
    read = source(module[0])
    if read is None:
        if (file := module_file(module[0])) is not None and file.is_dir():
            raise LookupError(f"no {rest[0]!r} in {module[0]}")
        return None
    found = in_module(read, ".".join(rest))
    if found is None and not _may_be_hidden(read, rest[0]):
        beside = submodules(read.file.parent) if read.is_package else []
        if rest[0] in beside:
            raise LookupError(f"{path} is a module, no class or function")
        names = [name for name in [*read.names, *beside] if not name.startswith("_")]
        raise LookupError(f"no {rest[0]!r} in {module[0]}{InputError.closest(rest[0], names)}")
    return found


def in_module(module: Source, path: str, seen: frozenset[tuple[str, str]] = frozenset()) -> Found | None:
    """Find what a dotted expression such as ``nn.Module`` means in a module; ``None`` where the source cannot tell."""
    name, _, rest = path.partition(".")
    if (module.name, path) in seen:
        return None
    seen = seen | {(module.name, path)}
    entry = module.names.get(name)
    if entry is None:
        return _through_stars(module, path, seen) or _in_submodule(module, name, rest, seen)
    if isinstance(entry, tuple):
        return _imported(entry, rest, seen)
    if isinstance(entry, ast.Assign) and isinstance(entry.value, (ast.Name, ast.Attribute)):
        # An alias: `CIFAR = datasets.CIFAR10`.
        return in_module(module, ".".join(filter(None, [ast.unparse(entry.value), rest])), seen) or Found(entry, module)
    if isinstance(entry, ast.ClassDef) and rest:
        inner = [item for item in entry.body if isinstance(item, (ast.FunctionDef, ast.ClassDef)) and item.name == rest]
        if inner:
            return Found(inner[-1], module, in_class=isinstance(inner[-1], ast.FunctionDef))
        found = (in_module(base.module, f"{base.node.name}.{rest}", seen) for base in Found(entry, module).bases() or []
                 if isinstance(base.node, ast.ClassDef))  # fmt: skip
        return next(filter(None, found), None)
    return None if rest else Found(entry, module)


def _imported(entry: tuple[str, str], rest: str, seen: frozenset[tuple[str, str]]) -> Found | None:
    origin, name = entry
    path = ".".join(filter(None, [name, rest]))
    if path and (read := source(origin)) and (found := in_module(read, path, seen)):
        return found
    # `from package import module`.
    if name and rest and (read := source(f"{origin}.{name}")):
        return in_module(read, rest, seen)
    return None


def _in_submodule(module: Source, name: str, rest: str, seen: frozenset[tuple[str, str]]) -> Found | None:
    read = source(f"{module.name}.{name}") if rest and module.is_package else None
    return in_module(read, rest, seen) if read else None


def _through_stars(module: Source, path: str, seen: frozenset[tuple[str, str]]) -> Found | None:
    for star in reversed(module.stars):
        if (read := source(star)) and (found := in_module(read, path, seen)):
            return found
    return None


def _may_be_hidden(module: Source, name: str) -> bool:
    """Whether a name could be there although no definition of it was found."""
    return name in module.names or "__getattr__" in module.names or any(source(star) is None for star in module.stars)
