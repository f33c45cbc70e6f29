"""A made project is small, and says what is its owner's."""

import tomllib
from pathlib import Path

from epochwise.console.update import FOLDERS, edited_files

from tests.new_project.conftest import PROJECT, contents

#: Of a made project, what its owner reads and edits: at most so many files, and lines of them.
MOST_FILES, MOST_LINES = 60, 2500


def owned(project):
    engine = tuple(f"src/{folder}/" for folder in FOLDERS)
    return {name: text for name, (text, _) in contents(project).items() if not name.startswith(engine)}


def test_what_is_the_owners_is_read_in_one_sitting(projects):
    for project in projects:
        files = owned(project)
        lines = sum(text.count(b"\n") for text in files.values())
        print(f"{project.name}: {len(files)} files, {lines} lines")
        assert 20 < len(files) <= MOST_FILES
        assert lines <= MOST_LINES


def test_the_engine_is_copied_as_it_stands(projects):
    for project in projects:
        for path in (project / "src/epochwise").rglob("*.py"):
            assert path.read_bytes() == (PROJECT / path.relative_to(project)).read_bytes(), path
        assert (project / "src/epochwise/constraints.txt").read_bytes() == (PROJECT / "constraints.txt").read_bytes()
        assert edited_files(project / "src") == []


def test_a_made_project_is_linted_and_given_extras_as_the_template_is():
    made, here = (
        tomllib.loads((folder / "pyproject.toml").read_text()) for folder in (PROJECT / "new_project/project", PROJECT)
    )
    extras, ours = made["project"]["optional-dependencies"], here["project"]["optional-dependencies"]
    assert set(extras.pop("dev")) <= set(ours["dev"])
    assert extras == {name: ours[name] for name in extras}
    assert set(made["tool"]["ruff"]["lint"]["select"]) <= set(here["tool"]["ruff"]["lint"]["select"])
    assert (
        made["tool"]["pytest"]["ini_options"]["filterwarnings"]
        == here["tool"]["pytest"]["ini_options"]["filterwarnings"]
    )


def test_the_two_makefiles_build_their_environment_alike():
    def parts(folder: Path):
        text = (folder / "Makefile").read_text()
        return text.partition(".PHONY")[0], text[text.index("\nneeds = ") :]

    assert parts(PROJECT / "new_project/project") == parts(PROJECT)


def test_a_made_project_builds_its_environment_as_the_template_does():
    made, own = ((PROJECT / path).read_text() for path in ("new_project/project/Makefile", "Makefile"))
    for begin, end in (("# .venv is built once", "\nendif\n"), ("\n$(stamp):\n", "\n\t@test -e $@\n")):
        parts = {text[text.index(begin) :].partition(end)[0] for text in (made, own)}
        assert len(parts) == 1
