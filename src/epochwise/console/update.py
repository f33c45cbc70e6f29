"""Bring a project, and the engine that was copied into it, to the newest version of its template.

    epochwise update                 # refuses where files of the engine were edited, and names them
    epochwise update --anyway        # goes on: git merges such edits, or marks where it cannot

What is the project's own is merged line by line: your edits stay. The engine is the template's to change. Where it is
installed (`pip install -U`), only what came with the project is updated here.
"""

import subprocess
import sys
from pathlib import Path

from epochwise.console.engine_files import edited_files
from epochwise.input_error import InputError


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
