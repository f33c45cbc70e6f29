"""What a resume does to learning rates with Lightning's own pieces, and what is done here instead.

Each trap is shown with Lightning first: when a new version mends it, the test says so.
"""

import warnings
from pathlib import Path

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.task.classification import Classification

from tests.power_cut import PowerCut

LOADER = DataLoader(TensorDataset(torch.zeros(4, 1)))
SMALL = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
QUICK = (*SMALL, "data.batch_size=512", "model.hidden_sizes=[8]", "stopping=none", "optimizer=sgd", "optimizer.lr=0.1")
SCHEDULERS = sorted(path.stem for path in (Path(__file__).parents[2] / "src/epochwise/conf/scheduler").glob("*.yaml"))


class Plain(L.LightningModule):
    """As Lightning's documentation writes one: a schedule, and a validation score that never improves."""

    def __init__(self, schedule):
        super().__init__()
        self.schedule, self.weight, self.rates = schedule, torch.nn.Parameter(torch.zeros(1)), []

    def training_step(self, batch):
        return self.weight.sum()

    def on_train_epoch_start(self):
        self.rates.append(self.optimizers().param_groups[0]["lr"])

    def validation_step(self, batch):
        self.log("val/loss", torch.tensor(1.0), batch_size=1)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self.schedule(optimizer), "monitor": "val/loss"}}


def rates_of_lightning(folder, schedule, max_epochs, resume=False):
    """The rate at the start of each epoch of a run of Lightning's pieces alone."""
    task = Plain(schedule)
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=max_epochs,
        callbacks=[ModelCheckpoint(folder, save_last=True, every_n_epochs=1)],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(task, LOADER, LOADER, ckpt_path=folder / "last.ckpt" if resume else None)
    return task.rates


def train_in_pieces(words, folder, monkeypatch, epochs, batches_per_epoch):
    """Cut a run off early in every epoch but its first, and go on with it each time."""
    learn = Classification.training_step
    for _ in range(epochs):
        begun = []

        def cut_off(self, *args, begun=begun):
            begun.append(1)
            if len(begun) == batches_per_epoch + 2:
                raise PowerCut
            return learn(self, *args)

        with monkeypatch.context() as patch:
            patch.setattr(Classification, "training_step", cut_off)
            try:
                train(words(folder))
            except PowerCut:
                continue
    return [row["lr"] for row in read_epochs_csv(folder / "epochs.csv")]


def test_a_plateau_resumed_after_each_epoch_never_lowers_the_rate_there(tmp_path):
    def plateau(optimizer):
        return ReduceLROnPlateau(optimizer, patience=1)

    whole = rates_of_lightning(tmp_path / "whole", plateau, 5)
    assert whole == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01])
    pieces = [rates_of_lightning(tmp_path / "pieces", plateau, epochs, epochs > 1)[-1] for epochs in range(1, 6)]
    assert pieces == pytest.approx([0.1] * 5)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "plateau" else pytest.mark.ranks) for name in SCHEDULERS]
)
def test_resumed_in_each_epoch_the_rates_are_those_of_the_uninterrupted_run_here(tmp_path, composed, monkeypatch, name):
    def words(folder):
        plateau = ["scheduler.patience=0", "scheduler.threshold=1"] if name == "plateau" else []
        given = (*QUICK, *plateau, f"scheduler={name}", "trainer.max_epochs=5", "resume=auto")
        return composed(*given, run_folder=folder)

    train(words(tmp_path / "whole"))
    whole = [row["lr"] for row in read_epochs_csv(tmp_path / "whole/epochs.csv")]
    assert (len(set(whole)) == 1) == (name == "none")
    assert train_in_pieces(words, tmp_path / "pieces", monkeypatch, 5, 3) == whole


def test_more_epochs_make_a_cosine_climb_silently_there_and_are_asked_about_here(tmp_path, composed):
    def cosine(epochs):
        return lambda optimizer: CosineAnnealingLR(optimizer, T_max=epochs)

    rates_of_lightning(tmp_path / "there", cosine(5), 5)
    climbing = rates_of_lightning(tmp_path / "there", cosine(10), 10, resume=True)
    assert climbing[0] < 1e-6
    assert climbing[-1] > 0.05
    words = (*QUICK, "scheduler=cosine", "resume=auto")
    train(composed(*words, "trainer.max_epochs=3", run_folder=tmp_path / "here"))
    rows = (tmp_path / "here/epochs.csv").read_bytes()
    with pytest.raises(InputError, match=r"(?s)extend: .*extend=stretch.*extend=hold.*extend=restart"):
        train(composed(*words, "trainer.max_epochs=5", run_folder=tmp_path / "here"))
    assert (tmp_path / "here/epochs.csv").read_bytes() == rows
    train(composed(*words, "trainer.max_epochs=5", "extend=hold", run_folder=tmp_path / "here"))
    rates = [row["lr"] for row in read_epochs_csv(tmp_path / "here/epochs.csv")]
    assert rates[3:] == [0.0, 0.0]
