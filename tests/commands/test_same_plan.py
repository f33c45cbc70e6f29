"""What was planned is what is trained, whichever callbacks there are."""

import json

import lightning as L
import pytest

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

SMALL = ("model.hidden_sizes=[8]", "data.max_train_samples=300", "data.batch_size=100", "trainer.max_epochs=3")
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.train_eval", "~loggers.tensorboard")


class Changes(L.Callback):
    """Sets something on the way."""

    def __init__(self, what: str) -> None:
        self.what = what

    def on_train_epoch_end(self, trainer, pl_module):
        if self.what == "trainer.max_epochs":
            trainer.fit_loop.max_epochs = 5
        elif self.what == "trainer.accumulate_grad_batches":
            trainer.accumulate_grad_batches = 5
        else:
            trainer.datamodule.batch_size = 5


@pytest.mark.parametrize(
    ("callback", "said"),
    [
        (
            "BatchSizeFinder",
            "changes data.batch_size under the plan and the schedule; drop it and ask .* find=batch_size",
        ),
        ("LearningRateFinder", "changes optimizer.lr under the plan and the schedule; drop it and ask .* find=lr"),
        ("BackboneFinetuning", "use finetune=plan"),  # by check_callbacks, as all that unfreeze
        ("GradientAccumulationScheduler", "drop it and set trainer.accumulate_grad_batches"),
    ],
)
def test_a_callback_that_changes_the_plan_is_refused_before_the_first_step(tmp_path, composed, callback, said):
    words = [f"+callbacks.x._target_=lightning.pytorch.callbacks.{callback}", "scheduler=none"]
    if callback == "GradientAccumulationScheduler":
        words.append("+callbacks.x.scheduling={1: 2}")
    with pytest.raises(InputError, match=f"^callbacks.x: {callback} .*{said}"):
        train(composed(*SMALL, *QUICK, "name=test", *words, run_folder=tmp_path))
    assert not (tmp_path / "epochs.csv").exists()


@pytest.mark.parametrize("what", ["trainer.max_epochs", "trainer.accumulate_grad_batches", "data.batch_size"])
def test_one_of_ones_own_ends_the_run_with_a_line(tmp_path, composed, what):
    words = ["+callbacks.x._target_=tests.commands.test_same_plan.Changes", f"+callbacks.x.what={what}"]
    with pytest.raises(InputError, match=f"^{what}: became 5 by epoch 1, and plan and schedule were drawn for "):
        train(composed(*SMALL, *QUICK, "name=test", *words, run_folder=tmp_path))
    assert json.loads((tmp_path / "result.json").read_text())["status"] == "failed"


def test_loaders_that_are_made_anew_train_the_same_and_their_waits_are_counted(tmp_path, composed):
    rows = []
    for every in (0, 1):
        folder = tmp_path / str(every)
        folder.mkdir()
        words = (f"+trainer.reload_dataloaders_every_n_epochs={every}", "trainer.max_epochs=2")
        train(composed(*SMALL, *QUICK, "name=test", *words, run_folder=folder))
        rows.append(read_epochs_csv(folder / "epochs.csv"))
    assert [row["val/loss"] for row in rows[0]] == [row["val/loss"] for row in rows[1]]
    assert all(row["seconds/data"] > 0 for row in rows[1])
