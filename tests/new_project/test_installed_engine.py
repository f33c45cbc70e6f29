"""Projects whose engine is installed: real wheels, in environments of their own, without a network."""

import sys
import zipfile

import pytest

from tests.new_project.test_cruft_update import new_version

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def versions(template, built, call, tmp_path_factory):
    """Wheels of four versions of the template, each of which changes engine and project."""
    folder = tmp_path_factory.mktemp("versions")
    source = folder / "template"
    call("git", "clone", "-q", template, source)
    wheels = [built(source, folder)]
    for number in (1, 2, 3):
        new_version(source, number)
        call("git", "add", "-A", cwd=source)
        wheels.append(built(source, folder))
    return wheels


@pytest.fixture(scope="module")
def environment(call, tmp_path_factory):
    """An environment that sees the libraries of this one, and no engine: its Python."""
    folder = tmp_path_factory.mktemp("environment")
    assert call(sys.executable, "-m", "venv", "--without-pip", folder).returncode == 0
    (packages,) = folder.glob("lib/python*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "libraries.pth").write_text("\n".join(libraries) + "\n")
    return folder / "bin/python", packages


def install(call, environment, wheel, *flags):
    python, _ = environment
    words = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", *flags, wheel]
    done = call(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wheel_is_the_engine_alone_and_what_projects_are_made_from(versions):
    names = zipfile.ZipFile(versions[0]).namelist()
    assert {name.split("/")[0] for name in names} == {"epochwise", "hydra_plugins", "epochwise-0.1.0.dist-info"}
    for name in ("conf/model/mlp.yaml", "conf/hydra/sweeper/ladder.yaml", "report/page.css", "command_line/habits.txt"):
        assert f"epochwise/{name}" in names
    for name in ("project/Makefile", "empty_start/own/src/my_project/task/mine.py"):
        assert f"epochwise/project_template/new_project/{name}" in names
    assert not [name for name in names if name.startswith("epochwise/project_template/src/epochwise/")]


def test_three_versions_of_an_installed_engine_leave_the_project_alone(
    versions, environment, call, generate, template, tmp_path
):
    answers = {"project_name": "Zoo", "engine": "installed", "engine_source": str(versions[0])}
    done = generate(template, tmp_path, **answers)
    assert (done.returncode, done.stderr) == (0, "")
    project = tmp_path / "zoo"
    assert f"epochwise @ {versions[0].as_uri()}" in (project / "pyproject.toml").read_text()
    assert not (project / "src/epochwise").exists()
    python, _ = environment
    for number, wheel in enumerate(versions):
        install(call, environment, wheel, "-U")
        words = ["train.py", "experiment=moons", "--cfg", "job"]
        done = call(python, *words, cwd=project, PYTHONPATH=str(project / "src"))
        assert (done.returncode, done.stderr) == (0, "")
        assert "zoo.data.moons.Moons" in done.stdout
        said = call(python, "-m", "epochwise.console.main", "--version", cwd=project).stdout
        assert said == f"0.1.{number}\n"
        assert call("git", "status", "--short", cwd=project).stdout == ""


def test_a_wheel_makes_a_project_offline_without_cookiecutter(versions, environment, call, tmp_path):
    python, packages = environment
    install(call, environment, versions[3], "--force-reinstall")
    done = call(python, "-m", "epochwise.console.main", "new", "Leaf Counter", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    project = tmp_path / "leaf-counter"
    assert '"0.1.3"' in (project / "src/epochwise/__init__.py").read_text()
    assert not (project / "src/epochwise/project_template").exists()
    (packages / "epochwise").rename(packages / "elsewhere")  # so that it is the project's own copy that answers
    try:
        done = call(python, "train.py", "--cfg", "job", cwd=project, PYTHONPATH=str(project / "src"))
    finally:
        (packages / "elsewhere").rename(packages / "epochwise")
    assert (done.returncode, done.stderr) == (0, "")
