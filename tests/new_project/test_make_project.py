import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from tests.new_project.conftest import contents


@pytest.fixture(scope="module")
def from_path(template, generate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("path")
    assert generate(template, folder, project_name="Zoo").returncode == 0
    return contents(folder / "zoo")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["clone", "zip", "relative path", "untidy path"])
def test_every_way_to_the_template_gives_the_same_tree(template, generate, from_path, tmp_path, kind):
    source, cwd = template, tmp_path
    if kind == "clone":
        source = f"git+file://{template}"
    elif kind == "relative path":
        cwd, source = template.parent, f"./{template.name}"
    else:
        source = tmp_path / "template"
        untidy = kind == "untidy path"
        shutil.copytree(template, source, ignore=None if untidy else shutil.ignore_patterns(".git"))
        # What a user's own folder holds beside the template, or what a zip of it took along.
        for name in (
            "outputs/run/config.yaml",
            "src/epochwise/__pycache__/x.pyc",
            ".venv/x",
            "best.ckpt",
            "datasets/x",
        ):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text("x")
        if kind == "zip":
            source = shutil.make_archive(str(tmp_path / "template"), "zip", tmp_path, "template")
    done = generate(source, tmp_path / "out", cwd=cwd, project_name="Zoo")
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "out/zoo") == from_path


def test_nothing_that_makes_projects_is_left_in_one(projects, call):
    for project in projects:
        names = {part for path in contents(project) for part in Path(path).parts}
        assert not names & {
            "cookiecutter.json",
            "hooks",
            "new_project",
            ".placeholder",
            "benchmarks",
            "findings",
            "docs",
        }
        assert not [name for name in names if "{" in name]
        assert call("git", "grep", "-il", "my.project", "--", ":!src/epochwise", cwd=project).stdout == ""


def test_a_project_says_who_it_is(projects):
    for project, package in zip(projects, ("zoo", "leaf_counter"), strict=True):
        said = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        assert said["name"] == project.name
        assert said["authors"] == [{"name": 'Ann "A" O\'Hara', "email": "you@example.org"}]
        assert 'Ann "A" O\'Hara' in (project / "LICENSE").read_text()
        assert (project / "src" / package / "__init__.py").exists()


@pytest.mark.parametrize(
    ("licence", "expression"), [("Apache-2.0", "Apache-2.0"), ("Proprietary", "LicenseRef-Proprietary")]
)
def test_a_project_has_the_licence_that_was_chosen(template, generate, tmp_path, licence, expression):
    assert generate(template, tmp_path, project_name="Zoo", license=licence).returncode == 0
    assert tomllib.loads((tmp_path / "zoo/pyproject.toml").read_text())["project"]["license"] == expression
    assert "MIT" not in (tmp_path / "zoo/LICENSE").read_text()


def test_a_project_begins_with_one_commit_of_everything(projects, call):
    for project in projects:
        log = call("git", "log", "--format=%an <%ae>: %s", cwd=project).stdout
        assert log == 'Ann "A" O\'Hara <you@example.org>: Start\n'
        assert call("git", "status", "--short", cwd=project).stdout == ""


def test_within_a_repository_no_other_is_made(template, generate, call, tmp_path):
    call("git", "init", "-q", cwd=tmp_path)
    assert generate(template, tmp_path, project_name="Zoo").returncode == 0
    assert not (tmp_path / "zoo/.git").exists()


def test_without_git_a_project_is_made_without_a_commit(template, call, from_path, tmp_path):
    (tmp_path / "bin").mkdir()
    words = [sys.executable, "-m", "cookiecutter", template, "--no-input", "-o", tmp_path / "out", "project_name=Zoo"]
    assert call(*words, PATH=str(tmp_path / "bin")).returncode == 0
    assert contents(tmp_path / "out/zoo") == from_path
    assert not (tmp_path / "out/zoo/.git").exists()


@pytest.mark.parametrize("flag", [[], ["--overwrite-if-exists"], ["--skip-if-file-exists", "--overwrite-if-exists"]])
def test_a_folder_with_something_in_it_is_refused_and_left_alone(template, generate, tmp_path, flag):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo/README.md").write_text("mine")
    done = generate(template, tmp_path, *flag, project_name="Zoo")
    assert done.returncode == 1
    assert "zoo" in done.stdout + done.stderr
    found = contents(tmp_path / "zoo")
    assert found["README.md"][0] == b"mine"
    assert found.keys() <= {"README.md", ".placeholder"}


@pytest.mark.parametrize("package", ["ab", "zz_name_of_24_characters"])
def test_a_project_passes_its_own_linter_whatever_its_name(template, generate, call, tmp_path, package):
    assert generate(template, tmp_path, project_name="Zoo", package_name=package).returncode == 0
    for words in (["check"], ["format", "--check"]):
        done = call(sys.executable, "-m", "ruff", *words, ".", cwd=tmp_path / "zoo")
        assert done.returncode == 0, done.stdout


def test_an_empty_start_has_a_data_set_and_a_task_of_its_own(projects):
    _, empty = projects
    assert {path.name for path in (empty / "tests").iterdir()} == {"test_conf.py", "test_training.py"}
    assert {
        str(path.relative_to(empty / "conf")) for path in empty.rglob("conf/*/*.yaml") if "src" not in path.parts
    } == {
        "data/mine.yaml",
        "task/mine.yaml",
    }
    assert "- task: mine\n" in (empty / "conf/train.yaml").read_text()
    hidden = {path.name for group in ("data", "task") for path in (empty / "src/epochwise/conf" / group).iterdir()}
    assert hidden
    assert "mine.yaml" not in hidden, "it would hide the choice of the engine"


@pytest.mark.ranks
def test_a_project_passes_its_own_tests_with_the_engine_that_it_holds(projects, call):
    for project in projects:
        done = call(
            sys.executable, "-m", "pytest", "-q", cwd=project, PYTHONPATH=str(project / "src"), OMP_NUM_THREADS="1"
        )
        assert done.returncode == 0, done.stdout + done.stderr
