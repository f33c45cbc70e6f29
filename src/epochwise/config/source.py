"""A Python module as its source tells it, without importing it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from epochwise.config.module_file import module_file

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
