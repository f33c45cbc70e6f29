"""What docs/new-project.md says, done as it stands there, and a new project's own tests. It installs 6 GB each time."""

import re
from pathlib import Path

import pytest

from tests.newcomer_files import write_newcomer_files

PAGE = (Path(__file__).parents[2] / "docs/new-project.md").read_text()
PICTURES, TABLE, LATER = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)


def commands(block):
    return [line.partition(" #")[0].strip() for line in block.splitlines()]


def test_from_nothing_to_labelled_pictures_are_ten_commands():
    assert len(commands(PICTURES)) == 10
    assert commands(PICTURES)[-1].startswith("python evaluate.py ")


@pytest.fixture
def beside(tmp_path):
    """A folder of 200 pictures of four classes and a table, as a newcomer has them."""
    write_newcomer_files(tmp_path, num_pictures=200, num_classes=4)
    return tmp_path


def shell(call, folder, lines):
    done = call("bash", "-euo", "pipefail", "-c", "\n".join(lines), cwd=folder)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.mark.projects
def test_the_page_runs_as_printed_and_then_the_projects_own_tests(template, call, beside):
    # cookiecutter is here already, and weights are a download.
    lines = [line for line in commands(PICTURES) if line != "pip install cookiecutter"]
    lines = [line.replace("ADDRESS", str(template)).replace("pretrained=true", "pretrained=false") for line in lines]
    shell(call, beside, [*lines, *commands(TABLE)])
    project = beside / "leaf-counter"
    for run in ("scratch", "finetuned", "beetles"):
        assert (project / "outputs" / run / "report.html").exists()
    assert len((project / "outputs/finetuned/predictions/of-pictures.csv").read_text().splitlines()) == 201
    shell(call, project, [".ci/run"])


@pytest.mark.projects
def test_an_empty_start_trains_and_passes_its_test_and_its_linter(template, generate, call, tmp_path):
    assert generate(template, tmp_path, project_name="Zoo", examples="start empty").returncode == 0
    shell(call, tmp_path / "zoo", ["make train", ".ci/run"])


@pytest.mark.projects
def test_an_installed_engine_trains_and_passes_the_projects_tests(template, generate, built, call, tmp_path):
    wheel = built(template, tmp_path)
    answers = {"project_name": "Zoo", "engine": "installed", "engine_source": wheel}
    assert generate(template, tmp_path, **answers).returncode == 0
    shell(call, tmp_path / "zoo", ["make train", ".ci/run"])


@pytest.mark.projects
def test_what_cruft_makes_and_updates_passes_its_test(template, call, tmp_path):
    lines = [line for line in commands(LATER) if line != "pip install cruft"]
    answers = '{"project_name": "Leaf Counter", "examples": "start empty"}'
    assert lines[0] == "cruft create ADDRESS"
    lines[0] = f"cruft create {template} -y --extra-context '{answers}'"
    shell(call, tmp_path, [*lines, ".ci/run"])
