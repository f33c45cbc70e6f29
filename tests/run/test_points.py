"""Points of curves, on their way to the loggers."""

import pytest
import torch
from lightning import Callback
from torch.utils._python_dispatch import TorchDispatchMode

from epochwise.commands.assemble import assemble
from epochwise.run import points as of_run
from epochwise.run.points import Points


class Drawn(list):
    def log_axis(self, axis, values, x, at=None):
        self.append((axis, values, x, at is not None))


def test_points_of_steps_are_drawn_together_and_before_all_that_comes_behind_them(monkeypatch):
    monkeypatch.setattr(of_run, "LONGEST_WAIT", 60)
    points, drawn = Points(), Drawn()
    for step in (1, 2):
        points.add([drawn, object()], {"lr": 0.5, "train/loss_step": (torch.tensor(3.0), 2.0)}, step)
    assert not drawn
    points.draw([drawn], "step", {"val/loss": 4.0}, 2)
    scores = {"lr": 0.5, "train/loss_step": 6.0}
    assert drawn == [("step", scores, 1, True), ("step", scores, 2, True), ("step", {"val/loss": 4.0}, 2, False)]
    assert (points.step, points.drawn) == (2, {"lr": 1, "train/loss_step": 1, "val/loss": 1})


def test_points_do_not_wait_for_more_than_so_many_or_for_so_long(monkeypatch):
    points, drawn = Points(), Drawn()
    monkeypatch.setattr(of_run, "LONGEST_WAIT", 60)
    monkeypatch.setattr(of_run, "MOST_WAITING", 3)
    for step in range(4):
        points.add([drawn], {"lr": 0.1}, step)
    assert len(drawn) == 3
    monkeypatch.setattr(of_run, "LONGEST_WAIT", 0)
    points.add([drawn], {"lr": 0.1}, 4)
    assert len(drawn) == 5


class HostCopies(TorchDispatchMode):
    """Counts how often a number is asked of a tensor, for which Python waits until the device has come so far."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


class Within(Callback):
    """Counts them in the batches of an epoch, without its first and its last."""

    def __init__(self):
        self.copies, self.steps = HostCopies(), 0
        self.patch = pytest.MonkeyPatch()

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx == 1:
            self.copies.__enter__()
            for name in ("tolist", "numpy", "cpu"):
                self.patch.setattr(torch.Tensor, name, self.counting(getattr(torch.Tensor, name)))

    def counting(self, whole):
        def counted(*args, **kwargs):
            self.copies.count += 1
            return whole(*args, **kwargs)

        return counted

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.steps += self.copies.count == 0
        if batch_idx == trainer.num_training_batches - 2:
            self.copies.__exit__(None, None, None)
            self.patch.undo()


def test_no_step_asks_a_number_of_the_device(composed, tmp_path, monkeypatch):
    monkeypatch.setattr(of_run, "LONGEST_WAIT", 60)
    quick = ("trainer.max_epochs=1", "model.hidden_sizes=[8]", "~callbacks.model_summary", "name=test")
    # AdamW asks its own count of steps, on the CPU.
    run = assemble(composed(*quick, "optimizer=sgd", "trainer.num_sanity_val_steps=0", run_folder=tmp_path))
    run.trainer.callbacks.append(within := Within())
    run.trainer.fit(run.task, datamodule=run.data)
    run.interrupts.leave()
    assert within.steps == run.trainer.global_step > 10
