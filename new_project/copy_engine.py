"""The engine as a copy in a project."""

import shutil
import sys
from importlib import import_module
from pathlib import Path


def copy_engine(src: Path, project: Path, constraints: Path) -> None:
    """Copy the engine's packages as they stand, and write down what they are, for the day of an update.

    Args:
        src: the folder that holds them: of the template, or where a wheel was installed.
        project: gets them below ``src``.
        constraints: the versions of libraries that it was tried with; they go with it.
    """
    sys.path.insert(0, str(src))
    files = import_module("epochwise.console.update")
    for name in files.engine_files(src):
        to = project / "src" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(src / name, to)
    shutil.copyfile(constraints, project / "src/epochwise/constraints.txt")
    files.write_hashes(project / "src")
