"""The engine's files of choices stand behind those of a project, and nowhere else."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from hydra._internal.utils import create_config_search_path

from epochwise.command_line.composer import ENGINE_CONF, Composer, engine_conf
from epochwise.command_line.help_text import help_text

ADAMW = "_target_: torch.optim.AdamW\n_partial_: true\nlr: 0.125   # a comment of one's own\n"
MINE = "_target_: torch.nn.Flatten\n"


@pytest.fixture
def small(tmp_path, project):
    """A project that holds its root file, one file of its own and one in the place of an engine's."""
    for name in ("optimizer/adamw.yaml", "model/mine.yaml"):
        (tmp_path / "conf" / name).parent.mkdir(parents=True)
    shutil.copy(project / "conf/train.yaml", tmp_path / "conf")
    shutil.copy(project / "train.py", tmp_path)
    shutil.copy(project / "epochs.py", tmp_path)
    (tmp_path / "conf/optimizer/adamw.yaml").write_text(ADAMW)
    (tmp_path / "conf/model/mine.yaml").write_text(MINE)
    return tmp_path


def run(folder, *words):
    variables = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_other_applications_of_the_environment_do_not_see_it():
    def providers():
        return [place.provider for place in create_config_search_path("conf").get_path()]

    assert providers() == ["hydra", "main", "schema"]
    with engine_conf():
        assert providers() == ["hydra", "main", "epochwise", "schema"]
        with engine_conf(is_searched=False):
            assert providers() == ["hydra", "main", "schema"]
    assert providers() == ["hydra", "main", "schema"]


def test_a_file_of_the_project_goes_before_the_engines(small):
    with engine_conf():
        composer = Composer(str(small / "conf"), "train")
    config = composer.compose([])
    assert (config.optimizer.lr, config.model.hidden_sizes) == (0.125, [256, 256])
    assert composer.compose(["model=mine"]).model._target_ == "torch.nn.Flatten"
    assert "a comment of one's own" in help_text("About.", composer, [])


def test_the_help_says_whose_a_file_is(small, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with engine_conf():
        lines = help_text("About.", Composer(str(small / "conf"), "train"), []).splitlines()
    models = next(line for line in lines if line.startswith("    model "))
    assert models.startswith("    model       mine | cnn, lstm, [mlp], resnet, small_resnet, timm,")
    assert "    optimizer   [adamw] | muon, schedule_free, sgd" in lines
    assert any(line.startswith("    task        [classification], language_model, multilabel,") for line in lines)


def test_a_root_file_of_the_engine_builds_on_that_of_the_project(small):
    code, out, err = run(small, "epochs.py", "--cfg", "job")
    assert (code, err) == (0, "")
    assert "lr: 0.125" in out
    assert "most_epochs: 320" in out


@pytest.mark.long
def test_jobs_of_a_launchers_processes_and_a_run_that_goes_on_have_both(small):
    quick = ["trainer.max_epochs=1", "report=false", "~loggers.tensorboard", "~callbacks.model_summary"]
    sweep = ["-m", "optimizer=adamw,sgd", "model=mlp", "hydra/launcher=joblib", "hydra.sweep.dir=here"]
    code, _, err = run(small, "train.py", *sweep, *quick)
    assert code == 0, err
    rates = [json.loads((small / f"here/{job}/result.json").read_text())["status"] for job in (0, 1)]
    assert rates == ["completed", "completed"]
    assert "lr: 0.125" in (small / "here/0/config.yaml").read_text()
    more = ["trainer.max_epochs=2", "extend=stretch", "stopping=none", "+loggers=csv"]
    code, _, err = run(small, "train.py", "run=here/0", *more)
    assert code == 0, err
    assert len((small / "here/0/epochs.csv").read_text().splitlines()) == 3


def test_a_folder_named_by_config_path_needs_only_what_it_changes(small):
    (small / "conf").rename(small / "other")
    (small / "conf").mkdir()
    code, out, err = run(small, "train.py", "--config-path=other", "--cfg", "job", "scheduler=wsd")
    assert (code, err) == (0, "")
    assert "lr: 0.125" in out


def test_every_file_of_the_engine_is_package_data(project):
    import tomllib

    kinds = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert kinds["epochwise.conf"] == ["**/*.yaml"]
    assert {path.suffix for path in ENGINE_CONF.rglob("*") if path.is_file()} == {".yaml"}
