"""Folds and trials whose process is killed, by `make faults`."""

import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path

import optuna
import pytest

from epochwise.sweep.job import JobRecord

from tests.faults.runs import end
from tests.outcome import differences, timeless

pytestmark = pytest.mark.faults

PROJECT = Path(__file__).parents[2]
SMALL = ["data=table", "model.hidden_sizes=[8]", "report=false", "~loggers.tensorboard"]
SMALL += ["~callbacks.model_summary", "~callbacks.progress_bar"]


def begin(folder: Path, script: str, *words: str) -> int:
    """Start a front door in a child of this process, which has imported everything; return its process id."""
    if child := os.fork():
        return child
    os.setpgid(0, 0)
    code = 1
    try:
        os.chdir(folder)
        said = open(folder / f"said-{os.getpid()}", "w")  # noqa: SIM115 (the child's to its end)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        sys.stdout, sys.stderr = said, said
        sys.argv = [str(PROJECT / script), *words, *SMALL]
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


def wait_for(condition, child: int) -> None:
    until = time.monotonic() + 600
    while not condition():
        assert os.waitpid(child, os.WNOHANG)[0] == 0, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.005)


def kill(child: int) -> None:
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)


def folds(folder: Path):
    """The one cross-validation below a folder, and what has to be equal to another's."""
    from epochwise.run.epochs_csv import read_epochs_csv

    (place,) = folder.glob("outputs/*-crossval/*")
    tables = {path.parent.name: [timeless(row) for row in read_epochs_csv(path)] for path in place.glob("*/epochs.csv")}
    return (
        place,
        tables,
        json.loads((place / "crossval.json").read_text()) if (place / "crossval.json").exists() else {},
    )


def test_killed_in_each_fold_the_same_command_gives_the_same_and_trains_no_finished_fold_again(tmp_path):
    words = ["folds=5", "trainer.max_epochs=40", "refit=true"]
    left_alone, killed = tmp_path / "left_alone", tmp_path / "killed"
    left_alone.mkdir()
    killed.mkdir()
    assert end(begin(left_alone, "crossval.py", *words)) == 0
    written: dict[str, int] = {}
    for fold in range(5):
        child = begin(killed, "crossval.py", *words)
        wait_for(lambda fold=fold: list(killed.glob(f"outputs/*/*/fold-{fold}/checkpoints/last.ckpt")), child)
        kill(child)
        place = folds(killed)[0]
        assert JobRecord.read(place / f"fold-{fold}").status == "running"
        written |= {f"fold-{fold - 1}": (place / f"fold-{fold - 1}/epochs.csv").stat().st_mtime_ns} if fold else {}
    assert end(begin(killed, "crossval.py", *words)) == 0
    place, tables, found = folds(killed)
    assert {name: (place / name / "epochs.csv").stat().st_mtime_ns for name in written} == written
    assert differences(tables, folds(left_alone)[1]) == []
    assert differences(found, folds(left_alone)[2]) == []


def test_two_searches_share_a_study_and_a_killed_one_loses_its_running_trial_alone(tmp_path):
    words = ["n_trials=12", "trainer.max_epochs=20", f"storage=sqlite:///{tmp_path}/shared.db", "name=shared"]
    words += ["space=none", "optimizer.lr=interval(1e-3,1e-1)"]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = begin(tmp_path / "one", "search.py", *words)
    wait_for(lambda: list(tmp_path.glob("one/outputs/*/*/trial-*/epochs.csv")), one)
    two = begin(tmp_path / "two", "search.py", *words)
    wait_for(lambda: list(tmp_path.glob("two/outputs/*/*/trial-*/epochs.csv")), two)
    kill(one)
    assert end(two) == 0
    assert end(begin(tmp_path / "one", "search.py", *words)) == 0
    study = optuna.load_study(storage=f"sqlite:///{tmp_path}/shared.db", study_name="shared")
    void = [trial for trial in study.trials if "void" in trial.user_attrs]
    counted = [trial for trial in study.trials if "void" not in trial.user_attrs]
    assert len(void) <= 1
    assert len(counted) == 12
    assert {trial.state.name for trial in counted} <= {"COMPLETE", "PRUNED"}
    folders = [path.parent for path in tmp_path.glob("*/outputs/*/*/trial-*/result.json")]
    assert len({path.name for path in folders}) == len(folders) == 12
