"""What the tests of new projects share: a template in git, and cookiecutter out of reach of the user's settings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from new_project.tracked_files import tracked_files

PROJECT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(scope="session")
def call(tmp_path_factory):
    """Run a command of cookiecutter, cruft or git with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        "[user]\nname = A. Tester\nemail = tester@example.org\n[commit]\ngpgsign = false\n"
    )
    others = ("GIT_", "COOKIECUTTER", "MAKE", "MFLAGS")  # make's would hand on its ARGS
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    env = kept | {
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
    }

    def run(*words, cwd=home, **variables):
        return subprocess.run(
            [str(word) for word in words], cwd=cwd, env=env | variables, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory, call):
    """A repository with the files of this project as they are now."""
    folder = tmp_path_factory.mktemp("templates") / "template"
    for path in tracked_files(PROJECT):
        (folder / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, folder / path)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "All"]):
        assert call("git", *words, cwd=folder).returncode == 0
    return folder


@pytest.fixture(scope="session")
def generate(call):
    """Have cookiecutter make a project without asking: the folder it is in, and what cookiecutter said."""

    def make(template, folder, *flags, cwd=None, **answers):
        where = {} if cwd is None else {"cwd": cwd}
        words = [f"{key}={value}" for key, value in answers.items()]
        return call("cookiecutter", template, "--no-input", "-o", folder, *flags, *words, **where)

    return make


@pytest.fixture(scope="session")
def built(call):
    """Build the wheel of a template's folder, without a network: its path."""

    def build(template, to):
        words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", to, template]
        done = call(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(template / "build", ignore_errors=True)
        return max(to.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)

    return build


def contents(folder):
    """Path -> (bytes, may be run) of every file but git's own."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts]
    return {str(path.relative_to(folder)): (path.read_bytes(), os.access(path, os.X_OK)) for path in files}


@pytest.fixture(scope="session")
def projects(template, generate, tmp_path_factory):
    """A project with the worked examples, and one without."""
    folder = tmp_path_factory.mktemp("projects")
    for name, examples in (("Zoo", "keep"), ("Leaf counter", "start empty")):
        done = generate(template, folder, project_name=name, examples=examples, author_name='Ann "A" O\'Hara')
        assert (done.returncode, done.stderr) == (0, "")
    return folder / "zoo", folder / "leaf-counter"
