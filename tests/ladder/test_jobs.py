"""Which jobs a ladder is made of, and what they cost."""

import pytest
import torch

from epochwise.ladder.jobs import Rung, jobs_of, mark_waiting, other_ladder, rungs_of, seeds_of, trained_counts
from epochwise.scheduler.wsd import WSD
from epochwise.sweep.job import JobRecord


@pytest.mark.parametrize("fraction", [0.25, 0.5, 1.0])
def test_a_rung_branches_off_with_the_first_epoch_of_the_cool_down_of_a_run_of_its_count(fraction):
    for rung in rungs_of(range(1, 100), fraction):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = WSD(optimizer, rung.count, steps_per_epoch=3, warmup_epochs=0, cooldown_fraction=fraction)
        assert rung.steady == schedule.cooldown_epochs[0]


def test_rungs_are_ascending_and_each_is_there_once():
    assert [rung.count for rung in rungs_of([20, 5, 10, 5], 0.5)] == [5, 10, 20]


@pytest.mark.parametrize(
    ("counts", "fraction", "share"),
    [((5, 10, 20, 40, 80), 0.25, 0.62), ((5, 7, 10, 14, 20, 28, 40, 57, 80), 0.25, 0.46)],
)
def test_a_ladder_costs_little_more_than_its_trunk(counts, fraction, share):
    price = sum(rung.price_epochs for rung in rungs_of(counts, fraction))
    assert price / sum(counts) < share


def test_a_job_begins_behind_what_it_begins_with_and_the_longest_branches_come_first(tmp_path):
    jobs = jobs_of(rungs_of([5, 10, 20], 0.25), [0, 1], ["model=cnn"], tmp_path)
    names = [job[-1].removeprefix("hydra.sweep.subdir=") for job in jobs]
    for job, name in zip(jobs, names, strict=True):
        begins = [word.removeprefix("begins_with=") for word in job if word.startswith("begins_with=")]
        assert all(names.index(parent) < names.index(name) for parent in begins), job
        assert job[0] == "model=cnn"
    branches = [name for name in names if name.startswith("epochs-")]
    assert branches == [f"epochs-{count}-seed-{seed}" for count in (20, 10, 5) for seed in (0, 1)]


def test_counts_that_share_their_trunk_train_it_once_and_those_without_one_begin_by_themselves(tmp_path):
    rungs = rungs_of([1, 2, 3], 1.0)
    assert rungs == [Rung(1, 0, 0), Rung(2, 1, 0), Rung(3, 1, 1)]
    jobs = jobs_of(rungs, [7], [], tmp_path)
    assert [job[-1] for job in jobs][:1] == ["hydra.sweep.subdir=trunk-1-seed-7"]
    assert sorted(len([word for word in job if word.startswith("begins_with=")]) for job in jobs) == [0, 0, 1, 1]


def test_a_job_that_was_begun_below_other_rungs_is_asked_for_as_it_was(tmp_path):
    short = jobs_of(rungs_of([5, 20], 0.25), [0], [], tmp_path)
    for number, job in enumerate(short):
        folder = tmp_path / job[-1].removeprefix("hydra.sweep.subdir=")
        folder.mkdir()
        JobRecord(number, job[:-1]).write(folder)  # what Hydra itself is told is no part of it
    longer = jobs_of(rungs_of([5, 10, 20, 40], 0.25), [0], [], tmp_path)
    assert all(job in longer for job in short)
    assert len(longer) == 8


def test_seeds_are_so_many_from_the_first_or_those_named():
    assert seeds_of(3, 4) == [4, 5, 6]
    assert seeds_of([9, 2, 9], 4) == [9, 2]


def test_a_folder_of_other_settings_or_one_that_is_not_to_be_gone_on_with_is_refused(tmp_path):
    shared = ["model=cnn", "seed=3", "report=false"]
    assert other_ladder(tmp_path / "none", shared, resume=False) is None
    (tmp_path / "epochs-5-seed-3").mkdir()
    JobRecord(0, [*shared, "seed=3", "trainer.max_epochs=5", "begins_with=x"]).write(tmp_path / "epochs-5-seed-3")
    assert other_ladder(tmp_path, [*shared, "counts=[5,10]", "max_time=2h"], resume=True) is None
    assert "holds runs already" in str(other_ladder(tmp_path, shared, resume=False))
    other = other_ladder(tmp_path, ["model=cnn", "optimizer.lr=0.1", "report=false"], resume=True)
    assert "holds runs of other settings (model=cnn report=false)" in str(other)


def test_counts_that_an_earlier_ladder_brought_to_their_end_are_known(tmp_path):
    for job in jobs_of(rungs_of([1, 5, 10], 0.25), [0, 1], [], tmp_path):
        folder = tmp_path / job[-1].removeprefix("hydra.sweep.subdir=")
        folder.mkdir()
        failed = folder.name == "trunk-8-seed-1"
        JobRecord(0, job[:-1], "failed" if failed else "finished").write(folder)
    (tmp_path / "epochs-x-seed-0").mkdir()
    assert trained_counts(tmp_path, [0, 1], 0.25) == [1, 5]
    assert trained_counts(tmp_path, [0], 0.25) == [1, 5, 10]
    assert trained_counts(tmp_path, [0, 2], 0.25) == trained_counts(tmp_path / "none", [0], 0.25) == []


def test_before_jobs_are_begun_again_no_old_failure_can_be_read(tmp_path):
    states = ("finished", "failed", "interrupted", "running")
    for name in states:
        (tmp_path / name).mkdir()
        JobRecord(0, ["x=1"], name, "a reason" if name == "failed" else None).write(tmp_path / name)
    mark_waiting([["x=1", f"hydra.sweep.subdir={name}"] for name in (*states, "new")], tmp_path)
    assert JobRecord.read(tmp_path / "finished") == JobRecord(0, ["x=1"], "finished")
    assert [JobRecord.read(tmp_path / name) for name in states[1:]] == [JobRecord(0, ["x=1"], "waiting")] * 3
    assert not (tmp_path / "new").exists()
