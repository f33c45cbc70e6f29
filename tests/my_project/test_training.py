"""A short run, and the same run going on: as they are typed."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = next(folder for folder in Path(__file__).parents if (folder / "train.py").exists())
QUICK = ("report=false", "~loggers.tensorboard", "~callbacks.model_summary", "~callbacks.progress_bar")


def train(folder, *words):
    done = subprocess.run(
        [sys.executable, str(PROJECT / "train.py"), *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of two epochs."""
    folder = tmp_path_factory.mktemp("run")
    train(folder, "trainer.max_epochs=2", "stopping=none", "hydra.run.dir=run", *QUICK)
    return folder / "run"


def losses(run):
    with (run / "epochs.csv").open(newline="") as file:
        return [float(row["val/loss"]) for row in csv.DictReader(file)]


def test_a_short_training_learns_and_leaves_its_result(run):
    assert losses(run)[1] < losses(run)[0]
    result = json.loads((run / "result.json").read_text())
    assert (result["status"], result["epochs_run"]) == ("completed", 2)


def test_a_run_goes_on_where_it_ended(run):
    before = losses(run)
    train(run.parent, f"run={run}", "trainer.max_epochs=3", "extend=stretch")
    assert losses(run)[:2] == before
    assert len(losses(run)) == 3
