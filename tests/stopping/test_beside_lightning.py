"""What Lightning's EarlyStopping does silently, and what is done here instead: the same scores, the same Trainer.

Each trap is shown with Lightning's own piece first: when a new version mends it, the test says so.
"""

import json
import warnings
from contextlib import contextmanager

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, GradientAccumulationScheduler
from torch.utils.data import DataLoader, TensorDataset

from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.stopping.early import Early

LOADER = DataLoader(TensorDataset(torch.zeros(4, 1)))
QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}


@contextmanager
def quietly():
    """Without Lightning's warnings of few workers and of a loader for validation that is one of training."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        yield


class Scripted(L.LightningModule):
    """Logs given validation scores, one a validation, and trains four batches an epoch."""

    def __init__(self, scores):
        super().__init__()
        self.scores, self.weight = iter(scores), torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch):
        return self.weight.sum()

    def validation_step(self, batch):
        pass

    def on_validation_epoch_end(self):
        self.log("val/loss", 9.0 if self.trainer.sanity_checking else next(self.scores, 9.0))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def epochs_run(stopping, scores, **trainer):
    """How many epochs a run of at most 20 trains."""
    settings = {"max_epochs": 20, "num_sanity_val_steps": 0} | QUIET | trainer
    trainer = L.Trainer(accelerator="cpu", callbacks=[stopping], **settings)
    with quietly():
        trainer.fit(Scripted(scores), LOADER, LOADER)
    return trainer.current_epoch


def both(scores, patience, lightning=None, here=None, **trainer):
    theirs = EarlyStopping("val/loss", mode="min", patience=patience, **(lightning or {}))
    ours = Early("val/loss", "min", patience, **(here or {}))
    return epochs_run(theirs, scores, **trainer), epochs_run(ours, scores, **trainer), theirs, ours


ONCE_BETTER = [1.0] + [2.0] * 99


@pytest.mark.parametrize(
    ("cadence", "theirs"),
    [({}, 4), ({"check_val_every_n_epoch": 2}, 8), ({"val_check_interval": 0.25}, 1)],
    ids=["every epoch", "every other", "four an epoch"],
)
def test_patience_counts_validations_there_and_epochs_here(cadence, theirs):
    found, ours, *_ = both(ONCE_BETTER, 3, **cadence)
    assert found == theirs
    best = cadence.get("check_val_every_n_epoch", 1) - 1
    assert best + 3 <= ours - 1 <= best + 4  # the first validated epoch that lies three behind the best


def test_min_epochs_ends_a_run_that_improves_there_and_arms_patience_here():
    improving_again = [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1] + [2.0] * 9
    theirs, ours, stopped, here = both(improving_again, 3, min_epochs=8)
    assert theirs == 8  # while every score since epoch 6 was the best so far
    assert stopped.stopped_epoch != theirs - 1  # and the epoch it reports is another
    assert ours == 18
    assert here.reason == "val/loss has not improved for 3 epochs (best: 0.1 at epoch 14)"


def test_a_misspelt_monitor_is_found_after_an_epoch_there_and_before_the_first_step_here(composed):
    with pytest.raises(RuntimeError, match="metric `val/los` which is not available"):
        epochs_run(EarlyStopping("val/los"), ONCE_BETTER, num_sanity_val_steps=1)
    task = Scripted(ONCE_BETTER)
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[Early("val/los", "min", 3)],
        **QUIET,
    )
    with quietly(), pytest.raises(InputError, match="did you mean 'val/loss'"):
        trainer.fit(task, LOADER, LOADER)
    assert trainer.global_step == 0
    with pytest.raises(InputError, match="did you mean 'val/loss'"):
        check(composed("stopping.monitor=val/los"))  # and mostly before anything is imported


def test_a_wrong_mode_keeps_the_worst_model_there_and_is_refused_here(composed):
    wrong = EarlyStopping("val/loss", mode="max", patience=3)
    epochs_run(wrong, [3.0, 2.0, 1.0, 0.5, 0.4])
    assert float(wrong.best_score) == 3.0
    with pytest.raises(InputError, match=r"val/loss is better when smaller: stopping.mode=min"):
        check(composed("stopping.mode=max"))


def test_strict_false_never_stops_there_and_is_no_setting_here(composed):
    assert epochs_run(EarlyStopping("val/los", patience=1, strict=False), ONCE_BETTER) == 20
    with pytest.raises(InputError, match=r"stopping.strict: unknown key"):
        check(composed("+stopping.strict=false"))


def test_a_score_that_is_no_number_ends_a_run_as_if_all_were_well_there_and_as_a_failure_here(tmp_path, composed):
    assert epochs_run(EarlyStopping("val/loss"), [1.0, 0.9, float("nan")]) == 3
    small = ("model.hidden_sizes=[4]", "data.batch_size=512", "~callbacks.model_summary", "~callbacks.progress_bar")
    diverging = ("optimizer=sgd", "optimizer.lr=1e30", "scheduler=none", "name=test", "trainer.max_epochs=9")
    with pytest.raises(SystemExit) as ended:
        train(composed(*small, *diverging, run_folder=tmp_path))
    assert ended.value.code == 1
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "failed"
    assert "became" in result["reason"]


def test_a_patience_that_cannot_fire_is_silent_there_and_said_here(composed):
    theirs, ours, *_ = both(ONCE_BETTER, 100, max_epochs=10)
    assert theirs == ours == 10
    notes = check(composed("stopping.patience=100", "trainer.max_epochs=10"))
    assert any("stopping.patience=100 cannot end a run before trainer.max_epochs=10" in note for note in notes)


def test_an_unset_budget_is_a_thousand_epochs_there_and_refused_here(composed):
    class AtOnce(L.Callback):
        def on_train_start(self, trainer, pl_module):
            trainer.should_stop = True

    trainer = L.Trainer(accelerator="cpu", callbacks=[AtOnce()], **QUIET)
    with pytest.warns(UserWarning, match="`max_epochs` was not set. Setting it to 1000 epochs"), quietly():
        trainer.fit(Scripted([1.0]), LOADER, LOADER)
    assert trainer.max_epochs == 1000
    for budget in ("null", "-1"):
        with pytest.raises(InputError, match=r"trainer.max_epochs: got .*, allowed: an int of at least 1") as asked:
            check(composed(f"trainer.max_epochs={budget}"))
        assert len(asked.value.lines) == 1


def test_accumulation_that_changes_makes_a_wrong_estimate_there_and_is_refused_beside_a_schedule_here(composed):
    estimated = []

    class Estimate(L.Callback):
        def on_train_start(self, trainer, pl_module):
            estimated.append(trainer.estimated_stepping_batches)

        def on_train_end(self, trainer, pl_module):
            estimated.append(trainer.global_step)

    scheduling = GradientAccumulationScheduler({2: 4})
    stopping = Early("val/loss", "min", 19)
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=7,
        callbacks=[stopping, scheduling, Estimate()],
        **QUIET,
    )
    with quietly():
        trainer.fit(Scripted(ONCE_BETTER), LOADER, LOADER)
    assert estimated == [28, 13]
    target = "+callbacks.sums._target_=lightning.pytorch.callbacks.GradientAccumulationScheduler"
    with pytest.raises(InputError, match=r"callbacks.sums: changes the optimizer steps of an epoch"):
        check(composed(target, "+callbacks.sums.scheduling={2: 4}"))
