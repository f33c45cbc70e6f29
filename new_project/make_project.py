"""Fill a new project's folder from the template that stands around this file."""

import sys
from collections.abc import Mapping
from pathlib import Path

from new_project.first_commit import first_commit
from new_project.identity import identity, licence_text
from new_project.tracked_files import tracked_files
from new_project.what_stays import what_stays, without_parts

PLACEHOLDER = ".placeholder"


def make_project(template: str, answers: Mapping[str, str], commit: bool) -> None:
    """Copy the template's files to the working folder, under the project's names.

    Files are copied, not rendered: ``${{ }}`` of a workflow and braces of a test stay what they are.

    Args:
        template: the folder of the template.
        answers: to the questions of cookiecutter.json.
        commit: make a repository with a first commit. Under cruft there must be none: its update makes its own.

    Raises:
        SystemExit: the folder was there before, with something in it.
    """
    project = Path.cwd()
    if others := sorted({entry.name for entry in project.iterdir()} - {PLACEHOLDER}):
        sys.exit(f"{project} is not empty, it holds {others[0]}: nothing was written")
    (project / PLACEHOLDER).unlink()
    source = Path(template)
    examples = answers["examples"] == "keep"
    for to, path in what_stays(tracked_files(source), examples).items():
        _copy(source / path, project / str(to).replace("epochwise", answers["package_name"]), answers, examples)
    licence = (source / "new_project/licences" / answers["license"]).read_text(encoding="utf-8")
    (project / "LICENSE").write_text(licence_text(licence, answers["author_name"]), encoding="utf-8")
    identity(project, source, answers, examples)
    if commit:
        first_commit(project, answers["author_name"], answers["author_email"])


def _copy(source: Path, to: Path, answers: Mapping[str, str], examples: bool) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:  # a picture
        to.write_bytes(content)
        return
    text = without_parts(text, examples)
    text = text.replace("epochwise", answers["package_name"]).replace("Epochwise", answers["project_name"])
    to.write_text(text, encoding="utf-8", newline="")
    if text.startswith("#!"):  # a zip does not keep the bit
        to.chmod(0o755)
