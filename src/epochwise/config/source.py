"""A Python module as its source tells it, without importing it."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

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


def submodules(package: Source) -> list[str]:
    """Names of the modules that lie beside a package's ``__init__``; none for a plain module."""
    return [name.removesuffix(".py") for name in sorted(_listing(package.file.parent))] if package.is_package else []


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
