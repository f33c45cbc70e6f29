import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import hypothesis
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = [line for line in (ROOT / "src/epochwise/requirements.txt").read_text().splitlines() if line[0] != "#"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
REQUIREMENTS = [Requirement(line) for line in chain(NEEDED, *EXTRAS.values())]
PINS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if line[:1] not in ("", "#")]
MACHINES = [
    {"python_version": python, "sys_platform": platform, "platform_machine": machine}
    for python in ("3.11", "3.12", "3.13")
    for platform, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
]


def pinned(name, machine):
    """Versions that constraints.txt gives a package on a machine."""
    holding = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(name)]
    holding = [pin for pin in holding if pin.marker is None or pin.marker.evaluate(machine)]
    return [specifier.version for pin in holding for specifier in pin.specifier]


def test_constraints_pin_each_package_to_one_version_and_name_no_place_to_download_from():
    for pin in PINS:
        assert pin.url is None
        assert [specifier.operator for specifier in pin.specifier] == ["=="]
        assert not pin.extras
    for name in {pin.name for pin in PINS}:
        assert all(len(pinned(name, machine)) <= 1 for machine in MACHINES), name
    assert "://" not in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: "-".join(machine.values()))
def test_every_requirement_is_pinned_within_its_range(machine):
    for requirement in REQUIREMENTS:
        versions = pinned(requirement.name, machine)
        assert len(versions) == 1, f"{requirement.name} is not pinned"
        assert requirement.specifier.contains(versions[0]), f"{requirement} excludes {versions[0]}"


def test_uv_pins_what_constraints_pin():
    assert {str(Requirement(pin)) for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]} == set(map(str, PINS))


def test_examples_of_hypothesis_are_the_same_on_every_machine_however_busy():
    assert (hypothesis.settings().deadline, hypothesis.settings().derandomize) == (None, True)


def test_torch_and_torchvision_are_pinned_in_pairs():
    pairs = {(*pinned("torch", machine), *pinned("torchvision", machine)) for machine in MACHINES}
    assert pairs == {("2.14.1", "0.29.1"), ("2.9.1", "0.24.1")}


def test_pythons_tested_are_the_pythons_allowed():
    workflow = (ROOT / ".github/workflows/test.yml").read_text()
    tested = re.search(r"python: \[(.*)\]", workflow).group(1).replace('"', "").split(", ")
    allowed = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert [f"3.{minor}" for minor in range(30) if Version(f"3.{minor}") in allowed] == tested


@pytest.fixture
def clone(tmp_path):
    """What make needs of a bare clone."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def python(clone):
    """A Python 3.11 whose venv and pip only write down that they ran; pip fails while a file `offline` is there."""
    path = clone / "python"
    body = f"""
case "$*" in
    *platform*) echo 3.11.9;;
    *base_executable*) echo 3.11 {path};;
    "-m venv .venv") mkdir -p .venv/bin && cp {path} .venv/bin/python;;
    *"pip install"*) echo "$PYTHONPATH$VIRTUAL_ENV$*" >> installs; test ! -e offline;;
    *) echo ran "$*";;
esac"""
    return script(path, body)


def make(clone, *args, **env):
    """Run make in a clone, out of sight of a make that runs these tests."""
    env = {"PATH": os.environ["PATH"], "HOME": str(clone), "PYTHON": "", **env}
    return subprocess.run(["make", *args], cwd=clone, env=env, text=True, capture_output=True, check=False)


def num_installs(clone):
    return len((clone / "installs").read_text().splitlines())


def test_first_command_installs_with_constraints_and_the_second_does_nothing_but_its_job(clone, python):
    first = make(clone, "train", f"PYTHON={python}", "ARGS=model=resnet trainer.max_epochs=50")
    assert first.stdout.splitlines()[-1] == "ran train.py model=resnet trainer.max_epochs=50"
    assert (clone / "installs").read_text().split()[1:4] == ["pip", "install", "--progress-bar"]
    assert "-c constraints.txt -e .[dev]" in (clone / "installs").read_text()
    second = make(clone, "test")
    assert second.stdout.startswith("ran -m pytest ")
    assert len(second.stdout.splitlines()) == 1
    assert num_installs(clone) == 1


def test_interrupted_install_is_repeated_from_the_start(clone, python):
    (clone / "offline").touch()
    assert make(clone, "test", f"PYTHON={python}").returncode == 2
    (clone / ".venv" / "half").touch()
    (clone / "offline").unlink()
    assert make(clone, "test", f"PYTHON={python}").returncode == 0
    assert num_installs(clone) == 2
    assert not (clone / ".venv" / "half").exists()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_pins_are_installed_over_what_is_there(clone, python, name):
    make(clone, "test", f"PYTHON={python}")
    (clone / ".venv" / "own").touch()
    with (clone / name).open("a") as file:
        file.write("# changed\n")
    # Nobody names the Python again: it's the one that built .venv, whatever stands first on the PATH.
    folder = clone / "bin"
    folder.mkdir()
    for other in ("python3", "python3.13", "python3.12", "python3.11"):
        script(folder / other, "exit 1")
    assert make(clone, "test", PATH=f"{folder}:{os.environ['PATH']}").returncode == 0
    assert num_installs(clone) == 2
    assert (clone / ".venv" / "own").exists()


def test_removed_python_is_installed_anew(clone, python):
    make(clone, "test", f"PYTHON={python}")
    (clone / ".venv/bin/python").unlink()
    assert make(clone, "test", f"PYTHON={python}").returncode == 0
    assert num_installs(clone) == 2


def test_users_environment_does_not_reach_the_install(clone, python):
    make(clone, "test", f"PYTHON={python}", PYTHONPATH="/elsewhere", VIRTUAL_ENV="/elsewhere")
    assert "elsewhere" not in (clone / "installs").read_text()


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0"])
def test_python_too_old_or_too_new_is_one_line(clone, version):
    # The interpreter that runs the tests, with another version in its place.
    minor = version.split(".")[1]
    prelude = (
        f"import platform, sys; sys.version_info = (3, {minor}, 0); platform.python_version = lambda: '{version}';"
    )
    other = script(clone / "other", f'exec {sys.executable} -c "{prelude} exec(__import__(\'sys\').argv[1])" "$3"')
    said = make(clone, "train", f"PYTHON={other}")
    assert said.returncode == 2
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert f"needs Python 3.11, 3.12 or 3.13; PYTHON={other} is {version}" in said.stderr


def test_python_that_stands_on_the_path_but_fails_is_passed_over(clone, python):
    folder = clone / "bin"
    folder.mkdir()
    script(folder / "python3", "exit 1")
    script(folder / "python3.13", "echo no such version; exit 127")
    script(folder / "python3.12", f'exec {python} "$@"')
    assert make(clone, "test", PATH=f"{folder}:{os.environ['PATH']}").returncode == 0
    assert num_installs(clone) == 1


def test_the_engine_and_its_tests_import_nothing_of_ones_own_package():
    files = [path for folder in ("src/epochwise", "src/hydra_plugins") for path in (ROOT / folder).rglob("*.py")]
    files += [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "my_project"]
    own = re.compile(r"(?m)^\s*(?:from|import) my_project")
    assert [path.name for path in files if own.search(path.read_text())] == []


def test_what_is_installed_to_be_edited_has_the_engine_and_ones_own_package():
    for name in ("epochwise", "hydra_plugins.epochwise", "my_project"):
        assert importlib.util.find_spec(name) is not None
