"""Python files and what they define, found and parsed without importing them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

from epochwise.input_error import InputError


@cache
def module_file(module: str) -> Path | None:
    """Where a module lies: a ``.py`` or a compiled file, or the folder of a namespace package; ``None`` without it."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations is None:
        return Path(spec.origin) if spec.origin and not rest else None
    for folder in map(Path, spec.submodule_search_locations):
        if found := _below(folder, tuple(rest)):
            return found
    return None


def submodules(folder: Path) -> list[str]:
    """Names of what lies in a package's folder: its modules, among them."""
    return [name.removesuffix(".py") for name in sorted(_listing(folder))]


def _below(folder: Path, parts: tuple[str, ...]) -> Path | None:
    if not parts:
        return folder / "__init__.py" if "__init__.py" in _listing(folder) else folder if folder.is_dir() else None
    name, *rest = parts
    # By listing: on a file system that ignores case, Trainer would be found where trainer/ lies.
    if name in _listing(folder) and (found := _below(folder / name, tuple(rest))) and (rest or found.is_file()):
        return found
    if not rest:
        for file in sorted(_listing(folder)):
            if file == f"{name}.py" or (file.startswith(f"{name}.") and file.endswith((".so", ".pyd"))):
                return folder / file
    return folder / name if not rest and (folder / name).is_dir() and name in _listing(folder) else None


@cache
def _listing(folder: Path) -> frozenset[str]:
    return frozenset(entry.name for entry in folder.iterdir()) if folder.is_dir() else frozenset()


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign


class Source:
    """One module: the names at its top level, and where a name comes from.

    Args:
        name: the module's dotted name.
        file: its source.
    """

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.file = file
        self.names: dict[str, Definition | tuple[str, str]] = {}  # a definition, or (module, name there) of an import
        self.stars: list[str] = []  # modules of which everything is imported
        self._read(ast.parse(file.read_bytes()).body, overwrite=True)

    @property
    def is_package(self) -> bool:
        return self.file.name == "__init__.py"

    def _read(self, body: list[ast.stmt], overwrite: bool) -> None:
        for statement in body:
            for name, found in self._defined(statement):
                if overwrite or name not in self.names:
                    self.names[name] = found
            for block in ("body", "orelse", "handlers", "finalbody"):
                if isinstance(statement, (ast.If, ast.Try, ast.With)):
                    inner = getattr(statement, block, [])
                    for part in inner:
                        # What an `if` or `try` reaches first is what counts where all goes well.
                        self._read(part.body if isinstance(part, ast.ExceptHandler) else [part], overwrite=False)

    def _defined(self, statement: ast.stmt) -> Iterator[tuple[str, Definition | tuple[str, str]]]:
        if isinstance(statement, (ast.ClassDef, ast.AsyncFunctionDef)):
            yield statement.name, statement
        elif isinstance(statement, ast.FunctionDef):
            if not any(ast.unparse(decorator).endswith("overload") for decorator in statement.decorator_list):
                yield statement.name, statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                # `import a.b` binds a, `import a.b as c` binds a.b.
                module = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or module, (module, "")
        elif isinstance(statement, ast.ImportFrom):
            module = self._absolute(statement)
            for alias in statement.names:
                if alias.name == "*":
                    self.stars.append(module)
                else:
                    yield alias.asname or alias.name, (module, alias.name)

    def _absolute(self, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        parts = self.name.split(".")
        up = statement.level - self.is_package
        parts = parts[: len(parts) - up] if up else parts
        return ".".join([*parts, *([statement.module] if statement.module else [])])


@cache
def source(module: str) -> Source | None:
    """Read a module's source.

    Args:
        module: its dotted name, such as ``torch.optim``. No package is imported to find it.

    Returns:
        What it defines; ``None`` where there is no such module, or none written in Python.
    """
    file = module_file(module)
    try:
        return Source(module, file) if file and file.suffix == ".py" else None
    except (OSError, SyntaxError, ValueError):
        return None


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
