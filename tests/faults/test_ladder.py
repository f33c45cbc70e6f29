"""Ladders of counts whose process is killed, by `make faults`."""

import json
from pathlib import Path

import pytest

from epochwise.run.epochs_csv import read_epochs_csv

from tests.faults.runs import end
from tests.faults.test_choosing import begin, kill, wait_for
from tests.outcome import differences, timeless

pytestmark = pytest.mark.faults

JOBS = ["trunk-16-seed-0", "trunk-32-seed-0", "epochs-40-seed-0", "epochs-20-seed-0"]


def ladder(folder: Path):
    """The one ladder below a folder, and what has to be equal to another's."""
    (place,) = folder.glob("outputs/*-epochs/*")
    tables = {path.parent.name: [timeless(row) for row in read_epochs_csv(path)] for path in place.glob("*/epochs.csv")}
    found = json.loads((place / "counts.json").read_text())
    return place, tables, {key: found[key] for key in ("counts", "mean", "stderr", "recommended", "words", "test")}


@pytest.mark.parametrize("moment", ["checkpoints/last.ckpt", "job.json", "epochs.csv"])
def test_killed_in_each_job_the_same_command_gives_the_same_and_trains_no_finished_job_again(tmp_path, moment):
    words = ["counts=20,40", "seeds=1", "scheduler.cooldown_fraction=0.25"]
    left_alone, killed = tmp_path / "left_alone", tmp_path / "killed"
    left_alone.mkdir()
    killed.mkdir()
    assert end(begin(left_alone, "epochs.py", *words)) == 0
    written: dict[str, int] = {}
    for number, job in enumerate(JOBS):
        child = begin(killed, "epochs.py", *words)
        wait_for(lambda job=job: list(killed.glob(f"outputs/*/*/{job}/{moment}")), child)
        kill(child)
        (place,) = killed.glob("outputs/*-epochs/*")
        written |= {name: (place / name / "epochs.csv").stat().st_mtime_ns for name in JOBS[:number]}
    assert end(begin(killed, "epochs.py", *words)) == 0
    place, tables, found = ladder(killed)
    assert {name: (place / name / "epochs.csv").stat().st_mtime_ns for name in written} == written
    assert differences(tables, ladder(left_alone)[1]) == []
    without_seconds = [word for word in found.pop("words") if " s)" not in word]
    wanted = ladder(left_alone)[2]
    assert without_seconds == [word for word in wanted.pop("words") if " s)" not in word]
    assert differences(found, wanted) == []
