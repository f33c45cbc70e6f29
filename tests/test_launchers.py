"""Folds side by side: every launcher for real, where it is installed."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, timeless

pytestmark = pytest.mark.ranks

PROJECT = Path(__file__).parents[1]
WORDS = ["folds=5", "trainer.max_epochs=3", "data=table", "model.hidden_sizes=[8]", "name=folds", "report=false"]
WORDS += ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard"]
VARIABLES = os.environ | {"OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
LAUNCHERS = {
    "joblib": "hydra_joblib_launcher",
    "submitit_local": "hydra_submitit_launcher",
    "submitit_slurm": "hydra_submitit_launcher",
    "ray": "hydra_ray_launcher",
}


def folds(where: Path, launcher: str, *words: str):
    """What crossval.py finds by a launcher: the rows of each fold, and the choice."""
    command = [PROJECT / "crossval.py", *WORDS, f"hydra/launcher={launcher}", *words, f"hydra.sweep.dir={launcher}"]
    done = subprocess.run(
        [sys.executable, *command], cwd=where, env=VARIABLES, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    tables = {path.parent.name: read_epochs_csv(path) for path in (where / launcher).glob("*/epochs.csv")}
    rows = {name: [timeless(row) for row in table] for name, table in tables.items()}
    return rows, json.loads((where / launcher / "crossval.json").read_text())


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    return folds(tmp_path_factory.mktemp("folds"), "basic")


@contextmanager
def two_raylets():
    """The words that lead to a cluster of two nodes."""
    script = [sys.executable, str(PROJECT / "tests/two_raylets.py")]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=VARIABLES) as cluster:
        address = cluster.stdout.readline().strip()
        # The launcher would ask for a store of objects of its own, which a cluster that runs refuses.
        yield [f"hydra.launcher.ray.init.address={address}", "+hydra.launcher.ray.init.object_store_memory=null"]
        cluster.stdin.close()


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_folds_are_the_same_whoever_launches_them(launcher, one_by_one, tmp_path):
    if find_spec(f"hydra_plugins.{LAUNCHERS[launcher]}") is None:
        pytest.skip(f"{LAUNCHERS[launcher]} is not installed")
    if launcher == "submitit_slurm" and not _idle_nodes():
        pytest.skip("there is no SLURM here, or none with a node that is idle")
    if launcher == "ray":
        with two_raylets() as words:
            found = folds(tmp_path, launcher, *words)
    else:
        found = folds(tmp_path, launcher, *["hydra.launcher.n_jobs=2"] * (launcher == "joblib"))
    assert sorted(found[0]) == [f"fold-{fold}" for fold in range(5)]
    assert differences(found[0], one_by_one[0]) == []
    assert differences(found[1], one_by_one[1]) == []


def _idle_nodes() -> bool:
    """Whether SLURM answers and has one; where it is installed only, it doesn't."""
    asked = shutil.which("sinfo") and subprocess.run(["sinfo"], capture_output=True, text=True, check=False)
    return bool(asked) and "idle" in asked.stdout
