"""How a run gets the end of another one to begin with."""

import pytest
from omegaconf import OmegaConf

from epochwise.input_error import InputError
from epochwise.ladder import branch_off as module
from epochwise.ladder.branch_off import branch_off
from epochwise.run.run_folder import RunLock
from epochwise.sweep.job import JobRecord


@pytest.fixture
def parent(tmp_path):
    folder = tmp_path / "trunk"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "tensorboard").mkdir()
    (folder / "tensorboard/events").write_text("points")
    for name in ("best", "last", "previous"):
        (folder / f"checkpoints/{name}.ckpt").write_text(name)
    for name in ("config.yaml", "epochs.csv", "report.html"):
        (folder / name).write_text("its own")
    JobRecord(0, [], "finished").write(folder)
    (folder / "result.json").write_text('{"status": "completed"}')
    return folder


def begin(tmp_path, name="branch", parent="trunk"):
    branch_off(OmegaConf.create({"run_folder": str(tmp_path / name), "begins_with": parent}))
    return sorted(str(path.relative_to(tmp_path / name)) for path in (tmp_path / name).rglob("*") if path.is_file())


def test_a_branch_gets_checkpoints_and_points_and_nothing_that_it_writes_itself(tmp_path, parent):
    assert begin(tmp_path) == ["checkpoints/best.ckpt", "checkpoints/last.ckpt", "tensorboard/events"]
    (parent / "tensorboard/events").write_text("more points")
    assert (tmp_path / "branch/tensorboard/events").read_text() == "points"


def test_what_was_cut_off_before_the_last_checkpoint_is_done_again_and_after_it_nothing_is(tmp_path, parent):
    begin(tmp_path)
    (tmp_path / "branch/checkpoints/last.ckpt").unlink()
    (tmp_path / "branch/tensorboard/events").write_text("half")
    begin(tmp_path)
    assert (tmp_path / "branch/tensorboard/events").read_text() == "points"
    (tmp_path / "branch/checkpoints/last.ckpt").write_text("further")
    begin(tmp_path)
    assert (tmp_path / "branch/checkpoints/last.ckpt").read_text() == "further"


@pytest.mark.parametrize(
    ("record", "result", "line"),
    [
        (JobRecord(0, [], "failed", "no memory"), "{}", "begins_with: trunk failed: no memory"),
        (JobRecord(0, [], "interrupted"), "{}", "begins_with: trunk interrupted: it was asked to end"),
        (
            JobRecord(0, [], "finished"),
            '{"status": "stopped_early", "reason": "enough"}',
            "begins_with: trunk ended before its last epoch: enough",
        ),
        (JobRecord(0, [], "running"), "{}", "begins_with: trunk was killed; the same command goes on with it"),
    ],
)
def test_a_trunk_that_did_not_come_to_its_end_is_named(tmp_path, parent, monkeypatch, record, result, line):
    monkeypatch.setattr(module, "GONE", 0.0)
    record.write(parent)
    (parent / "result.json").write_text(result)
    with pytest.raises(InputError) as refused:
        begin(tmp_path)
    assert refused.value.lines == (line,)
    assert not (tmp_path / "branch").exists()


def test_a_trunk_that_is_to_be_begun_again_is_waited_for(tmp_path, parent, monkeypatch):
    monkeypatch.setattr(module, "GONE", 0.0)
    JobRecord(0, [], "waiting").write(parent)
    monkeypatch.setattr(module, "sleep", lambda seconds: JobRecord(0, [], "finished").write(parent))
    assert "checkpoints/last.ckpt" in begin(tmp_path)


def test_a_folder_is_held_while_somebody_writes_to_it(tmp_path):
    assert not RunLock.is_held(tmp_path)
    lock = RunLock(tmp_path)
    assert RunLock.is_held(tmp_path)
    lock.release()
    assert not RunLock.is_held(tmp_path)
