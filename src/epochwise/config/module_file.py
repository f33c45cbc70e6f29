"""The file of a module, found without importing it or a package around it."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


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
