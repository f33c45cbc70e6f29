"""Bring a project, and the engine that was copied into it, to the newest version of its template.

    epochwise update                 # refuses where files of the engine were edited, and names them
    epochwise update --anyway        # goes on: git merges such edits, or marks where it cannot

What is the project's own is merged line by line: your edits stay. The engine is the template's to change. Where it is
installed (`pip install -U`), only what came with the project is updated here.
"""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from epochwise.input_error import InputError

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


def main(words: list[str]) -> None:
    """Check that nothing of the engine was edited, then let cruft merge.

    Args:
        words: behind ``epochwise update``.

    Raises:
        InputError: a word that is unknown; a line for each edited file of the engine; no template is remembered; or
            cruft refuses.
    """
    if {"-h", "--help"} & set(words):
        print(str(__doc__).strip())
        return
    if wrong := [word for word in words if word != "--anyway"]:
        raise InputError(f"{wrong[0]}: allowed: --anyway")
    project = Path.cwd()
    if "--anyway" not in words and (lines := edited_files(project / "src")):
        raise InputError(
            *lines,
            "The engine is not edited in a project: an update would meet these. Move what you changed into your own "
            "package or conf and restore the files, or let git merge them: --anyway",
        )
    if not (project / ".cruft.json").is_file():
        raise InputError(".cruft.json: missing, so the template is not known; cruft link ADDRESS says where it is")
    done = subprocess.run([sys.executable, "-m", "cruft", "update", "-y"], cwd=project, check=False)
    if done.returncode:
        raise InputError("cruft update: ended without an update; what it says above is why")
