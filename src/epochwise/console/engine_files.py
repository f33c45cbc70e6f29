"""The files of an engine that was copied into a project, and which of them were edited since. No library is needed."""

from hashlib import sha256
from pathlib import Path

#: Below ``src``.
FOLDERS = ("epochwise", "hydra_plugins/epochwise")
#: What each file was when it was copied: a hash and a path a line, as ``sha256sum --check`` reads them.
HASHES = "epochwise/files.sha256"
#: Beside the engine in a wheel: what a new project is made from.
TEMPLATE = "epochwise/project_template"


def engine_files(src: Path) -> list[str]:
    """The files of the engine, relative to the folder that holds its packages, in order."""
    found = [path for folder in FOLDERS for path in (src / folder).rglob("*") if path.is_file()]
    names = [path.relative_to(src).as_posix() for path in found if "__pycache__" not in path.parts]
    return sorted(name for name in names if name != HASHES and not name.startswith(f"{TEMPLATE}/"))


def write_hashes(src: Path) -> None:
    """Write down what each file of the engine is."""
    lines = [f"{_hash(src / name)}  {name}\n" for name in engine_files(src)]
    (src / HASHES).write_text("".join(lines), encoding="utf-8")


def edited_files(src: Path) -> list[str]:
    """A line for each file of the engine that is not what it was when it was copied: edited, added or missing.

    Args:
        src: a project's; without ``HASHES`` nothing is known, and nothing said.
    """
    file = src / HASHES
    if not file.is_file():
        return []
    pairs = [line.split("  ", 1) for line in file.read_text(encoding="utf-8").splitlines()]
    kept = {name: known for known, name in pairs}
    now = {name: _hash(src / name) for name in engine_files(src)}
    return [
        f"src/{name}: {'missing' if name not in now else 'added' if name not in kept else 'edited'}"
        for name in sorted(kept.keys() | now.keys())
        if kept.get(name) != now.get(name)
    ]


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
