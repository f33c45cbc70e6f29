import os

import pytest
import torch

from epochwise.input_error import InputError
from epochwise.resume.claim import claim

CHECKPOINT = {
    "state_dict": {"w": torch.zeros(2)}, "epoch": 1, "global_step": 5, "loops": {}, "callbacks": {},
    "optimizer_states": [], "lr_schedulers": [], "epoch_log": {
        "rows": [], "samples": 0, "epoch_samples": 0, "phases": {"data": 0.1}, "val_scores": {}, "logged_step": 0,
        "step_scores": [], "epoch_scores": [],
    },
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """A folder in which a run was killed."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "config.yaml").write_text("seed: 0\n")
    for name in ("last", "previous"):
        torch.save(CHECKPOINT, tmp_path / f"checkpoints/{name}.ckpt")
    return tmp_path


def test_a_new_folder_is_made_held_and_let_go(tmp_path):
    with claim(tmp_path / "a/b", None) as checkpoint:
        assert checkpoint is None
        assert (tmp_path / "a/b/.lock").read_text() == str(os.getpid())
        (tmp_path / "a/b/config.yaml").touch()
    assert os.listdir(tmp_path / "a/b") == ["config.yaml"]


def test_a_folder_in_which_nothing_was_written_goes_again(tmp_path):
    with pytest.raises(KeyError), claim(tmp_path / "run", "auto"):
        raise KeyError
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_a_run_is_not_begun_again(run):
    with pytest.raises(InputError, match=f"{run} holds a run; go on with it by run={run}, or take"), claim(run, None):
        pass
    assert not (run / ".lock").exists()


def test_a_run_that_was_killed_goes_on_without_its_leftovers(run):
    (run / ".epochs.csv.123").touch()
    with claim(run, "auto") as checkpoint:
        assert checkpoint == run / "checkpoints/last.ckpt"
        assert not (run / ".epochs.csv.123").exists()


def test_a_damaged_checkpoint_that_is_passed_over_is_said(run, capsys):
    (run / "checkpoints/last.ckpt").write_bytes(b"")
    with claim(run, "auto") as checkpoint:
        assert checkpoint == run / "checkpoints/previous.ckpt"
    (line,) = capsys.readouterr().err.splitlines()
    assert "last.ckpt is damaged" in line and line.endswith(f"; going on from {checkpoint}")


@pytest.mark.parametrize("rank", ["RANK", "LOCAL_RANK"])
def test_other_processes_find_the_checkpoint_and_hold_nothing(run, monkeypatch, rank):
    monkeypatch.setenv(rank, "1")
    with claim(run, "auto") as checkpoint:
        assert checkpoint == run / "checkpoints/last.ckpt"
        assert not (run / ".lock").exists()


def test_a_run_is_refused_a_folder_that_another_one_holds(run):
    with claim(run, "auto"):
        child = os.fork()
        if not child:
            code = 0
            try:
                with claim(run, "auto"):
                    pass
            except InputError:
                code = 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
        assert (run / ".lock").exists()
