"""A validation that calls the hooks there are, beside Lightning's own."""

from typing import ClassVar

import lightning as L
import pytest
import torch
from lightning.pytorch.loops.evaluation_loop import _EvaluationLoop
from torch.utils.data import DataLoader, TensorDataset

from epochwise.commands.train import train
from epochwise.loops.executions import Executions
from epochwise.loops.validation import Validation
from epochwise.run.epoch_place import Phases
from epochwise.task.classification import Classification

from tests.outcome import differences, outcome

BASE = (
    "data.batch_size=100",
    "trainer.max_epochs=2",
    "model.hidden_sizes=[16]",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "name=test",
)


class Told(L.Callback):
    """One's own, with hooks of validation batches: it notes what it was told, in which hook, and logs."""

    told: ClassVar[list] = []

    def note(self, trainer, pl_module, what, *more):
        progress = trainer.fit_loop.epoch_loop.val_loop.batch_progress
        counts = progress.current.ready, progress.current.started, progress.current.processed, progress.is_last_batch
        named = pl_module._current_fx_name, trainer.validating, pl_module.training, torch.is_grad_enabled()
        self.told.append((what, trainer.global_step, counts, named, *more))

    def on_validation_start(self, trainer, pl_module):
        self.note(trainer, pl_module, "begins")

    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx, dataloader_idx=0):
        self.note(trainer, pl_module, "start", batch_idx, dataloader_idx, float(batch[0].sum()))

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        self.note(trainer, pl_module, "end", batch_idx, dataloader_idx, float(outputs.sum()))
        pl_module.log("seen", float(batch_idx), on_step=True, on_epoch=True, batch_size=len(batch[1]))

    def on_validation_end(self, trainer, pl_module):
        self.note(trainer, pl_module, "ends", sorted((n, float(v)) for n, v in trainer.callback_metrics.items()))


class OwnHooks(Classification):
    """A task with hooks of its own, and a step that takes no index."""

    def on_validation_batch_start(self, batch, batch_idx):
        Told.told.append(("task", batch_idx))

    def validation_step(self, batch):
        self.log("by_step", batch[0].sum(), on_step=True, on_epoch=True, batch_size=len(batch[1]))
        return super().validation_step(batch, 0)


CHANGES = {
    "a callback of one's own": ["+loggers=csv", "trainer.log_every_n_steps=1"],
    "a task of one's own": ["task._target_=tests.loops.test_validation.OwnHooks", "+loggers=csv"],
    "within epochs": ["trainer.val_check_interval=4", "trainer.limit_val_batches=2"],
    "averaged weights, another precision": ["+callbacks=ema", "trainer.precision=bf16-mixed"],
}


@pytest.fixture
def left(monkeypatch):
    """Batches that a validation of ours has left to Lightning's."""
    step, batches = _EvaluationLoop._evaluation_step, []

    def seen(loop, batch, *more):
        if isinstance(loop, Validation):
            batches.append(batch)
        step(loop, batch, *more)

    monkeypatch.setattr(_EvaluationLoop, "_evaluation_step", seen)
    return batches


@pytest.mark.parametrize("name", CHANGES)
def test_a_validation_is_lightnings_to_the_bit(tmp_path, composed, name, left):
    found = []
    told_by = "+callbacks.told._target_=tests.loops.test_validation.Told"
    for steps in (1, 4):
        Told.told, folder = [], tmp_path / str(steps)
        train(composed(*BASE, told_by, *CHANGES[name], f"steps_per_execution={steps}", run_folder=folder))
        lines = [path.read_text() for path in folder.glob("**/metrics.csv")]
        found.append((outcome(folder), Told.told, lines))
    assert not left
    assert any(one[0] == "end" for one in found[0][1])
    assert differences(found[1], found[0]) == []


class Scored(L.LightningModule):
    """A line, with as many validation loaders as it is given."""

    def __init__(self):
        super().__init__()
        self.line, self.seen = torch.nn.Linear(2, 1), []

    def training_step(self, batch, batch_idx):
        return self.line(batch[0]).square().mean()

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.seen.append((batch_idx, dataloader_idx, float(batch[0].sum())))
        self.log("val/size", self.line(batch[0]).square().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.parametrize(("loaders", "profiler", "by_lightning"), [(1, None, 0), (2, None, 8), (1, "simple", 4)])
def test_several_loaders_and_profilers_are_left_to_lightning(tmp_path, left, loaders, profiler, by_lightning):
    found = []
    for steps in (1, 2):
        L.seed_everything(0, verbose=False)
        data = [DataLoader(TensorDataset(torch.randn(4, 2)), batch_size=2) for _ in range(1 + loaders)]
        off = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
        settings = {"num_sanity_val_steps": 0, "profiler": profiler, "logger": False, "default_root_dir": tmp_path}
        trainer = L.Trainer(max_epochs=2, accelerator="cpu", **settings, **off)
        module = Scored()
        Executions.put_into(trainer, steps, Phases())
        trainer.fit(module, data[0], data[1:])
        found.append((module.seen, {name: float(value) for name, value in trainer.callback_metrics.items()}))
    assert len(left) == by_lightning
    assert found[0] == found[1]
