"""What an empty start of each kind of task begins with: a few lines that train at once."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache

import pytest

from epochwise.console.new import main
from epochwise.data.target import IN_WORDS
from new_project.identity import CHOSEN, FILES

from tests.new_project.conftest import PROJECT, contents

KINDS = json.loads((PROJECT / "cookiecutter.json").read_text())["task"]
SKELETONS = PROJECT / "new_project/empty_start"
#: Of a skeleton, Python and YAML together, blank ones aside.
MOST_LINES = 30


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The project that `epochwise new` makes for a kind of task; each is made once."""
    folder = tmp_path_factory.mktemp("made")

    @cache
    def make(kind):
        main([f"A {kind}", f"task={kind}", f"output={folder}", f"project_slug={kind}", f"package_name=a_{kind}"])
        return folder / kind

    return make


def files(kind):
    return [path for path in sorted((SKELETONS / kind).rglob("*")) if path.suffix in (".py", ".yaml")]


def command(project, script, *words):
    done = subprocess.run(
        [sys.executable, script, *words],
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_is_read_at_a_glance(kind):
    lines = [line for path in files(kind) for line in path.read_text().splitlines() if line.strip()]
    print(f"{kind}: {len(lines)} lines in {len(files(kind))} files")
    assert 10 < len(lines) <= MOST_LINES


def test_each_kind_of_task_has_a_skeleton_and_each_of_the_engines_tasks_a_kind():
    assert {path.name for path in SKELETONS.iterdir()} == {"every_kind", *KINDS}
    assert list(CHOSEN) == KINDS
    ours = {task.removeprefix("task=") for _, task in IN_WORDS.values()}
    assert ours <= set(KINDS)
    assert set(KINDS) - ours == {"text"}  # a class for each text
    page = (PROJECT / "docs/new-project.md").read_text()
    assert re.findall(r"(?m)^\| `(\w+)` \|", page) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_conf_names_the_parts_of_the_kind(made, kind):
    chosen = dict(re.findall(r"(?m)^  - (data|model|task): (\w+)$", (made(kind) / "conf/train.yaml").read_text()))
    assert tuple(chosen[group] for group in ("data", "model", "task")) == CHOSEN[kind]
    for group, name in chosen.items():
        owned = (made(kind) / f"conf/{group}/{name}.yaml").exists()
        assert owned == (name == "mine")
        assert owned or (PROJECT / f"src/epochwise/conf/{group}/{name}.yaml").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_names_files_that_the_kind_learns_from(made, kind):
    readme = (made(kind) / "README.md").read_text()
    typed = [line.partition(" #")[0].strip() for line in readme.splitlines() if "data=" in line]
    wanted = FILES.get(kind, ["data=image_folder data.root=FOLDER", "data=table data.path=FILE data.target=COLUMN"])
    assert typed == [f"python train.py {words}" for words in wanted]
    comments = "".join(path.read_text() for path in files(kind) if path.suffix == ".yaml")
    for words in wanted:
        assert words.partition(" data.target")[0] in comments, "the skeleton says so, too"


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_project_of_each_kind_is_linted(made, kind):
    for words in (
        ["ruff", "check", "--no-cache"],
        ["ruff", "format", "--no-cache", "--check"],
        ["yamllint", "--strict"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words, "."], cwd=made(kind), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_cookiecutter_makes_the_same(template, generate, made, tmp_path):
    answers = {"project_name": "A own", "project_slug": "own", "package_name": "a_own"}
    done = generate(template, tmp_path, examples="start empty", task="own", **answers)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "own") == contents(made("own"))


def test_cookiecutter_refuses_another_kind_of_task_beside_the_examples(template, generate, tmp_path):
    done = generate(template, tmp_path, project_name="Zoo", task="text")
    assert done.returncode == 1
    assert done.stdout + done.stderr == "task: got 'text', allowed: classification; any with examples='start empty'\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_commands_of_a_new_project_have_results(made, kind, tmp_path):
    project = tmp_path / kind  # which then holds runs
    shutil.copytree(made(kind), project)
    command(project, "train.py", "trainer.max_epochs=2", "hydra.run.dir=outputs/first")
    result = json.loads((project / "outputs/first/result.json").read_text())
    assert (result["status"], result["epochs_run"]) == ("completed", 2)
    assert result["verdict"]["label"]
    assert (project / "outputs/first/report.html").exists()
    said = command(project, "evaluate.py", "run=outputs/first")
    for name in result["test"]:
        assert name in said
    if kind in (
        "segmentation",
        "language_model",
        "own",
    ):  # whose batches are the most peculiar
        command(project, "epochs.py", "counts=1,2", "seeds=1", "hydra.sweep.dir=outputs/counts")
        assert json.loads((project / "outputs/counts/counts.json").read_text())


@pytest.mark.long
def test_skeletons_are_typed(made, tmp_path):
    shutil.copytree(made("own"), tmp_path / "all")
    for kind in KINDS:  # each has a package of another name: one call holds all
        shutil.copytree(made(kind) / f"src/a_{kind}", tmp_path / f"all/src/a_{kind}", dirs_exist_ok=True)
    words = [sys.executable, "-m", "mypy", *(f"src/a_{kind}" for kind in KINDS)]
    done = subprocess.run(words, cwd=tmp_path / "all", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.ranks
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_project_of_each_kind_passes_its_own_tests(made, kind):
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(made(kind) / "src")}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=made(kind), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
