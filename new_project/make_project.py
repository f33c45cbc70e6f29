"""Fill a new project's folder from the template that stands around this file."""

import sys
from collections.abc import Mapping
from pathlib import Path

from new_project.copy_engine import copy_engine
from new_project.first_commit import first_commit
from new_project.identity import identity, licence_text
from new_project.tracked_files import tracked_files
from new_project.what_stays import owned_files

PLACEHOLDER = ".placeholder"


def make_project(template: str, answers: Mapping[str, str], commit: bool, engine: str | None = None) -> None:
    """Copy what is a project's own to the working folder, under the project's names, and bring the engine.

    Files are copied, not rendered: ``${{ }}`` of a workflow and braces of a test stay what they are. The engine keeps
    its name, so nothing of it is changed.

    Args:
        template: the folder of the template.
        answers: to the questions of cookiecutter.json.
        commit: make a repository with a first commit. Under cruft there must be none: its update makes its own.
        engine: the folder that holds the engine's packages; ``None``: the template's ``src``.

    Raises:
        SystemExit: the folder was there before, with something in it.
    """
    project = Path.cwd()
    if others := sorted({entry.name for entry in project.iterdir()} - {PLACEHOLDER}):
        sys.exit(f"{project} is not empty, it holds {others[0]}: nothing was written")
    (project / PLACEHOLDER).unlink(missing_ok=True)
    source = Path(template)
    task = None if answers["examples"] == "keep" else answers["task"]
    for to, path in owned_files(tracked_files(source), task).items():
        _copy(source / path, project / str(to).replace("my_project", answers["package_name"]), answers)
    licence = (source / "new_project/licences" / answers["license"]).read_text(encoding="utf-8")
    (project / "LICENSE").write_text(licence_text(licence, answers["author_name"]), encoding="utf-8")
    src = source / "src" if engine is None else Path(engine)
    identity(project, src, answers)
    if answers["engine"] == "copied":
        copy_engine(src, project, source / "constraints.txt")
    if commit:
        first_commit(project, answers["author_name"], answers["author_email"])


def _copy(source: Path, to: Path, answers: Mapping[str, str]) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    text = source.read_text(encoding="utf-8")
    text = text.replace("my_project", answers["package_name"]).replace("My Project", answers["project_name"])
    to.write_text(text, encoding="utf-8", newline="")
    if text.startswith("#!"):  # a zip does not keep the bit
        to.chmod(0o755)
