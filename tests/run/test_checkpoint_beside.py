from threading import Event
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from epochwise.run import write_checkpoint
from epochwise.run.write_checkpoint import WholeCheckpointIO, wait_for_checkpoints, written_beside


class Run:
    """A run that saves the checkpoint of each step beside its training; the thread begins with ``go``, or by itself."""

    def __init__(self, folder, *loggers, by_itself=True):
        self.seconds = 0.1 if by_itself else 60.0
        self.folder, self.io, self.go = folder, WholeCheckpointIO(folder), Event()
        self.trainer = SimpleNamespace(strategy=SimpleNamespace(checkpoint_io=self.io), loggers=loggers, global_step=0)
        self.weights = torch.zeros(3)

    def save(self, step, *names):
        self.trainer.global_step = step
        self.weights.fill_(float(step))
        with written_beside(self.trainer) as in_order:
            if step > 0:
                in_order(lambda: self.go.wait(self.seconds))
            for name in names:
                self.io.save_checkpoint({"weights": self.weights, "step": step}, self.folder / name)

    def steps(self, *names):
        return [torch.load(self.folder / name, weights_only=True)["step"] for name in names]


def test_training_goes_on_while_a_copy_of_what_was_saved_is_written(tmp_path):
    run = Run(tmp_path, by_itself=False)
    run.save(0, "best.ckpt", "last.ckpt")
    assert run.steps("best.ckpt", "last.ckpt") == [0, 0]  # the first ones are waited for
    run.save(1, "best.ckpt", "last.ckpt")
    run.weights.fill_(9.0)
    assert run.steps("best.ckpt", "last.ckpt") == [0, 0]
    run.go.set()
    wait_for_checkpoints(run.trainer)
    assert run.steps("best.ckpt", "last.ckpt") == [1, 1]
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["weights"].tolist() == [1.0, 1.0, 1.0]


def test_one_of_a_later_step_comes_behind_those_before(tmp_path):
    run = Run(tmp_path)
    run.save(0, "last.ckpt")
    run.save(1, "last.ckpt")
    run.save(2)
    assert run.steps("last.ckpt") == [1]


@pytest.mark.parametrize("kind", ["what a program saves itself", "what is larger than copies may be", "no plain value"])
def test_what_is_not_written_beside_is_there_at_once_behind_all_that_is(tmp_path, monkeypatch, kind):
    run = Run(tmp_path)
    run.save(0, "best.ckpt", "last.ckpt")
    run.save(1, "best.ckpt")
    more = {"own": torch.Size([1])}
    if kind == "no plain value":
        more = {"own": {1, 2}}
    elif kind == "what is larger than copies may be":
        monkeypatch.setattr(write_checkpoint, "MOST_BYTES", 20)  # a second copy beside the first is of 24
    run.io.beside = kind != "what a program saves itself"
    run.io.save_checkpoint({"weights": run.weights, "step": 1} | more, tmp_path / "last.ckpt")
    assert run.steps("best.ckpt", "last.ckpt") == [1, 1]


def test_a_logger_that_takes_checkpoints_over_finds_them(tmp_path):
    class Taking(CSVLogger):
        def after_save_checkpoint(self, checkpoint_callback):
            pass

    for logger, expected in ((Taking(tmp_path), 1), (CSVLogger(tmp_path), 0)):
        run = Run(tmp_path, logger, by_itself=False)
        run.save(0, "last.ckpt")
        if expected:
            run.go.set()
        run.save(1, "last.ckpt")
        assert run.steps("last.ckpt") == [expected]
        run.go.set()
        run.io.wait()


def test_what_cannot_be_written_is_raised_where_it_is_waited_for(tmp_path):
    run = Run(tmp_path)
    run.save(0, "last.ckpt")
    with written_beside(run.trainer):
        run.io.save_checkpoint({"step": 0, "name": "last"}, tmp_path / "last.ckpt")
    run.io.wait()
    run.save(1, "last.ckpt")
    (tmp_path / "last.ckpt").unlink()
    (tmp_path / "last.ckpt").mkdir()
    with pytest.raises(IsADirectoryError):
        run.io.teardown()
    run.io.teardown()


def test_one_that_is_not_kept_any_more_goes_when_the_better_one_is_there(tmp_path):
    run = Run(tmp_path, by_itself=False)
    run.save(0, "best.ckpt", "worse.ckpt")
    run.trainer.global_step = 1
    with written_beside(run.trainer) as in_order:
        in_order(lambda: run.go.wait(run.seconds))
        run.io.save_checkpoint({"step": 1}, tmp_path / "best.ckpt")
        run.io.remove_checkpoint(tmp_path / "worse.ckpt")
    assert run.steps("best.ckpt", "worse.ckpt") == [0, 0]
    run.go.set()
    run.io.wait()
    assert run.steps("best.ckpt") == [1]
    assert not (tmp_path / "worse.ckpt").exists()
