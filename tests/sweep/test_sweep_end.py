"""A sweep as it is typed, from its first job to its table."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from epochwise.run.run_folder import RunLock
from epochwise.sweep.job import JobRecord

from tests.outcome import differences, outcome

SMALL = ["data=table", "model.hidden_sizes=[4]", "trainer.max_epochs=2", "~callbacks.model_summary"]
SMALL += ["~callbacks.confusion_matrix"]
QUIET = ["~callbacks.progress_bar", "report=false"]
SEEDS = ["-m", "seed=0,1", *SMALL, *QUIET]


def folder_of(tmp_path: Path) -> Path:
    (folder,) = tmp_path.glob("outputs/*/*")
    return folder


@pytest.mark.long
def test_seeds_end_with_what_they_have_in_common_and_resumed_only_what_is_missing_is_trained(typed, tmp_path):
    code, out, err = typed("train.py", *SEEDS)
    assert (code, err) == (0, "")
    folder = folder_of(tmp_path)
    found = [json.loads((folder / f"{job}/result.json").read_text()) for job in (0, 1)]
    scores, epochs = [one["best_score"] for one in found], [one["best_epoch"] for one in found]
    (line,) = (line for line in out.splitlines() if line.startswith("     seeds"))
    assert f"val/loss {np.mean(scores):.4f} ± {np.std(scores, ddof=1):.4f}" in line
    assert (
        f"best epoch (from 0) {np.mean(epochs):.1f} ± {np.std(epochs, ddof=1):.1f} ({min(epochs)} to {max(epochs)})"
        in line
    )
    assert line.startswith("     seeds  seed=0,1: val/loss ")
    assert line.endswith("; at least 2 epochs: their schedules ended before they had levelled off")
    with open(folder / "sweep.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["job"], row["seed"], row["status"]) for row in rows] == [(n, n, "completed") for n in "01"]
    assert [float(row["best_score"]) for row in rows] == scores
    assert [(row["recommended_epochs"], row["at_least"]) for row in rows] == [("2", "True")] * 2
    best = int(np.argmin(scores))
    assert f"job {best}: val/loss" in out
    assert f"python train.py seed={best} data=table" in out
    assert " its count  at least 2 epochs: its schedule ended\n" in out
    assert f"settle it  python epochs.py run={(folder / str(best)).relative_to(tmp_path)}\n" in out
    assert [one["command"].partition("train.py ")[2][:6] for one in found] == ["seed=0", "seed=1"]
    assert not any("resume" in one["command"] for one in found)

    whole, written = outcome(folder / "1"), (folder / "0/epochs.csv").stat().st_mtime_ns
    _kill(folder / "1")
    code, out, err = typed("train.py", *SEEDS, "resume=true")
    assert (code, err) == (0, "")
    assert out.count("is finished already") == 1
    assert (folder / "0/epochs.csv").stat().st_mtime_ns == written
    assert differences(outcome(folder / "1"), whole) == []


def _kill(folder: Path) -> None:
    """Leave of a run what a kill in its first epoch leaves."""
    for path in [*folder.glob("*"), *folder.glob("*/*")]:
        if path.is_file() and path.name not in ("job.json", "config.yaml"):
            path.unlink()
    JobRecord(1, JobRecord.read(folder).overrides).write(folder)


def test_a_failed_job_is_told_at_once_and_at_the_end_and_stops_nothing(typed, tmp_path):
    code, out, err = typed("train.py", "-m", "optimizer.lr=1e30,1e-3", *SMALL, *QUIET)
    assert code == 1
    assert err.startswith("job 0 failed: train/loss became")
    assert "failed  job 0 (optimizer.lr=1e+30): train/loss became" in out
    assert out.index("job 1  ") < out.index("failed  job 0")
    states = [JobRecord.read(folder_of(tmp_path) / str(job)).status for job in (0, 1)]
    assert states == ["failed", "finished"]


@pytest.mark.long
def test_the_same_command_finds_its_folder_and_another_one_does_not(typed, tmp_path):
    fails = ["-m", "seed=0,1", "data=table", "data.path=nowhere.csv"]
    for number, more in enumerate([["resume=true"], ["resume=true"], ["resume=true", "name=x"], []]):
        code, _, err = typed("train.py", *fails, *more)
        assert code == 1
        assert err.count("failed: data.path=nowhere.csv: there is no") == 2
        assert len(list(tmp_path.glob("outputs/*/*"))) == (1, 1, 2, 3)[number]


def test_a_folder_that_another_process_writes_to_is_one_line(typed, tmp_path):
    (tmp_path / "here").mkdir()
    lock = RunLock(tmp_path / "here")
    code, out, err = typed("train.py", *SEEDS, "hydra.sweep.dir=here")
    lock.release()
    assert (code, out) == (2, "")
    assert err == f"hydra.sweep.dir: process {os.getpid()} is writing to {tmp_path / 'here'}; one at a time\n"


@pytest.mark.parametrize("text", ["", "[]", '{"job": "x"}', '{"job": 0, "status": "done"}', "{"])
def test_a_damaged_record_is_none(tmp_path, text):
    (tmp_path / "job.json").write_text(text)
    assert JobRecord.read(tmp_path) is None
