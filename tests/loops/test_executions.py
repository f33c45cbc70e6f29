"""Several steps an execution, beside one: the same to the bit, whatever else a run does."""

import inspect
import os
import signal
from typing import ClassVar

import lightning as L
import pytest
import torch
from lightning.pytorch.loops.optimization.automatic import Closure

from epochwise.commands.train import train
from epochwise.loops import executions
from epochwise.loops.execution_steps import steps_for
from epochwise.loops.optimizer_step import SKIPPED
from epochwise.run.interrupts import Interrupted
from epochwise.task.classification import Classification
from epochwise.task.supervised import Supervised

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=3", "model.hidden_sizes=[16]", *QUICK)  # 10 steps an epoch
RUNS = {
    "dropout, cosine, an odd last batch": ["data.batch_size=100"],
    "one cycle, clipped": ["scheduler=one_cycle", "optimizer=sgd", "trainer.gradient_clip_val=0.1"],
    "accumulation": ["trainer.accumulate_grad_batches=3", "trainer.gradient_clip_val=0.1"],
    "validations between steps": ["trainer.accumulate_grad_batches=4", "trainer.val_check_interval=2"],
    "averaged weights": ["+callbacks=ema"],
    "a tail average": ["scheduler=inverse_sqrt", "+callbacks=tail_average"],
    "gradual unfreezing": ["finetune=gradual"],
    "a limit of steps": ["+trainer.max_steps=13"],
    "validated by steps": ["+callbacks=step_validation", "callbacks.step_validation.every_n_steps=7"],
    "checkpoints by steps": ["callbacks.last_checkpoint.every_n_steps=3"],
    "plateau": ["scheduler=plateau", "scheduler.patience=0", "optimizer.lr=0.05"],
    "schedule free": ["optimizer=schedule_free", "trainer.val_check_interval=4"],
    "double precision": ["trainer.precision=64-true", "optimizer=sgd"],
    "mixed precision": ["trainer.precision=bf16-mixed"],
    "Lightning's own loggers and callbacks": [
        "+loggers=csv",
        "trainer.log_every_n_steps=3",
        "+callbacks.seen._target_=tests.loops.test_executions.Seen",
    ],
}
#: Those of `make test`; the others are long.
QUICK_ONES = ("dropout, cosine, an odd last batch", "accumulation", "averaged weights", "validated by steps")


class Seen(L.Callback):
    """One's own, with hooks of batches: it notes what it was told, and when."""

    told: ClassVar[list] = []

    def on_train_start(self, trainer, pl_module):
        Seen.told = []

    def note(self, trainer, what, *more):
        place = trainer.current_epoch, trainer.global_step, trainer.is_last_batch
        self.told.append((what, *place, *more))

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.note(trainer, "start", batch_idx, float(batch[0].sum()))

    def on_before_zero_grad(self, trainer, pl_module, optimizer):
        self.note(trainer, "zero")

    def on_before_backward(self, trainer, pl_module, loss):
        self.note(trainer, "backward", float(loss.detach()))

    def on_after_backward(self, trainer, pl_module):
        self.note(trainer, "after", float(sum(p.grad.sum() for p in pl_module.parameters())))

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.note(trainer, "step", optimizer.param_groups[0]["lr"])

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.note(trainer, "end", batch_idx, float(outputs["loss"]), len(batch[1]))
        pl_module.log("seen", float(batch_idx), on_step=True, on_epoch=True)


class OwnStep(Classification):
    """A task that takes its steps itself."""

    def optimizer_step(self, *args, **kwargs):
        super().optimizer_step(*args, **kwargs)


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory, composed):
    """The runs in which Lightning takes each step itself, made once each."""
    made = {}

    def run(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("one") / "run"
            train(composed(*BASE, *RUNS[name], "steps_per_execution=1", run_folder=folder))
            made[name] = outcome(folder), list(Seen.told), metrics(folder)
        return made[name]

    return run


def metrics(folder):
    found = sorted(folder.glob("**/metrics.csv"))
    return [path.read_text() for path in found]


def long_ones(name, steps):
    return [pytest.mark.long] * (name not in QUICK_ONES or steps != 8)


CASES = [pytest.param(name, steps, marks=long_ones(name, steps)) for name in RUNS for steps in (8, 3, "auto")]


@pytest.mark.parametrize(("name", "steps"), CASES)
def test_any_number_of_steps_an_execution_is_as_one_to_the_bit(
    tmp_path, composed, one_by_one, name, steps, monkeypatch
):
    monkeypatch.setattr(executions, "WARM_UP", 1)
    monkeypatch.setattr(executions, "MEASURED", 3)
    Seen.told = []
    expected, told, lines = one_by_one(name)
    Seen.told = []
    train(composed(*BASE, *RUNS[name], f"steps_per_execution={steps}", run_folder=tmp_path / "run"))
    assert differences(outcome(tmp_path / "run"), expected) == []
    assert Seen.told == told or name != "Lightning's own loggers and callbacks"
    assert metrics(tmp_path / "run") == lines


@pytest.mark.parametrize(
    "batch", [17, pytest.param(4, marks=pytest.mark.long), pytest.param(20, marks=pytest.mark.long)]
)
def test_a_run_cut_off_within_an_execution_ends_as_one_that_was_not(tmp_path, composed, one_by_one, batch):
    name, folder = "checkpoints by steps", tmp_path / "run"
    expected = one_by_one(name)[0]
    with cut_in_batch(batch):
        train(composed(*BASE, *RUNS[name], "steps_per_execution=8", run_folder=folder))
    train(composed(*BASE, *RUNS[name], "steps_per_execution=5", "resume=auto", run_folder=folder))
    assert differences(outcome(folder), expected) == []


def test_a_run_asked_to_end_within_an_execution_saves_and_goes_on(tmp_path, composed, one_by_one, monkeypatch):
    expected, folder, learn = one_by_one("accumulation")[0], tmp_path / "run", Supervised.training_step
    asked = []

    def ask(self, batch, batch_idx):
        if self.trainer.global_step == 5 and not asked:
            asked.append(os.kill(os.getpid(), signal.SIGTERM))
        return learn(self, batch, batch_idx)

    settings = (*BASE, *RUNS["accumulation"], "steps_per_execution=8")
    monkeypatch.setattr(Supervised, "training_step", ask)
    with pytest.raises(Interrupted):
        train(composed(*settings, run_folder=folder))
    assert torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["global_step"] == 6  # the step was finished
    train(composed(*settings, "resume=auto", run_folder=folder))
    assert differences(outcome(folder), expected) == []


def test_a_loss_that_is_no_number_ends_the_run_as_it_does_one_by_one(tmp_path, composed, monkeypatch):
    learn = Supervised.training_step

    def fail(self, batch, batch_idx):
        return learn(self, batch, batch_idx) * (float("nan") if self.trainer.global_step == 15 else 1.0)

    monkeypatch.setattr(Supervised, "training_step", fail)
    found = []
    for steps in (1, 8):
        folder = tmp_path / str(steps)
        with pytest.raises(SystemExit) as caught:
            train(composed(*BASE, f"steps_per_execution={steps}", run_folder=folder))
        found.append((str(caught.value).replace(str(folder), ""), outcome(folder)["rows"][:1]))
    assert found[0] == found[1]
    assert "epoch 1" in found[0][0]


@pytest.mark.parametrize(
    ("step", "around", "steps"),
    [
        (0.070, 0.001, 1),  # a large network
        (0.010, 0.0007, 4),
        (0.0007, 0.0006, 64),
        (0.030, 0.030, 2),  # an execution of four would be too long
        (1e-9, 0.001, 64),
    ],
)
def test_the_smaller_a_step_the_more_of_them_an_execution_has(step, around, steps):
    assert steps_for(step, around) == steps


def test_auto_says_what_it_chose_and_of_what(tmp_path, composed, capsys):
    train(composed(*BASE, run_folder=tmp_path / "run"))
    said = [line for line in capsys.readouterr().out.splitlines() if "an execution" in line]
    assert len(said) == 1
    assert " ms, its hooks " in said[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (["trainer.profiler=simple"], "1 step an execution: trainer.profiler is to see each hook"),
        (
            ["task._target_=tests.loops.test_executions.OwnStep"],
            "1 step an execution: OwnStep has an optimizer_step of its own",
        ),
    ],
)
def test_what_takes_its_steps_in_a_way_of_its_own_is_left_to_lightning(tmp_path, composed, capsys, changes, why):
    train(composed(*BASE, "trainer.max_epochs=1", "steps_per_execution=4", *changes, run_folder=tmp_path / "run"))
    assert why in capsys.readouterr().out.splitlines()


class Skips(Classification):
    """A task that leaves out one batch in three."""

    def training_step(self, batch, batch_idx):
        return None if batch_idx % 3 == 2 else super().training_step(batch, batch_idx)


def test_a_step_that_is_left_out_is_warned_of_as_by_lightning(tmp_path, composed):
    found = []
    for steps in (1, 4):
        Closure.warning_cache.clear()
        folder = tmp_path / str(steps)
        task = "task._target_=tests.loops.test_executions.Skips"
        with pytest.warns(UserWarning, match="`training_step` returned `None`") as said:
            train(composed(*BASE, task, "trainer.max_epochs=2", f"steps_per_execution={steps}", run_folder=folder))
        found.append((outcome(folder), [str(one.message) for one in said]))
    assert differences(found[1], found[0]) == []
    assert SKIPPED in inspect.getsource(Closure.closure)
