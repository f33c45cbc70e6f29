"""Paths as one would type them."""

from pathlib import Path


def shown(path: Path) -> str:
    """A path as one would type it: relative to the working folder where it lies inside."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
