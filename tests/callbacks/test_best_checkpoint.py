import json

import lightning as L
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from epochwise.callbacks.best_checkpoint import BestCheckpoint
from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.run.write_checkpoint import WholeCheckpointIO

from tests.commands.test_resume import QUICK
from tests.power_cut import PowerCut

SCORES = (3.0, 1.0, 4.0, 0.5, 0.7)  # of one validation after the other


class Scripted(L.LightningModule):
    """Its weight says how many steps it has taken, its score is written down."""

    def __init__(self, checks=1):
        super().__init__()
        self.weight, self.checks = torch.nn.Parameter(torch.zeros(())), checks

    def training_step(self, batch, batch_idx):
        return -self.weight

    def validation_step(self, batch, batch_idx):
        self.log("val/loss", SCORES[self.current_epoch * self.checks + (self.trainer.global_step - 1) % self.checks])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def fit(folder, ckpt_path=None, last=LastCheckpoint, max_epochs=5, steps=1, checks=1, max_steps=-1, **settings):
    """Train with the checkpoints of conf; returns the callback."""
    named = {"filename": "best-epoch-{epoch}-step-{step}", "auto_insert_metric_name": False}
    named |= {"enable_version_counter": False, "monitor": "val/loss"}
    best = BestCheckpoint(dirpath=folder / "checkpoints", **(named | settings))
    trainer = L.Trainer(
        callbacks=[best, last(str(folder / "checkpoints"))],
        plugins=[WholeCheckpointIO(folder)],
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=max_epochs,
        max_steps=max_steps,
        num_sanity_val_steps=0,
        val_check_interval=1 / checks,
    )
    loader = DataLoader(TensorDataset(torch.zeros(steps, 1)))
    trainer.fit(Scripted(checks), loader, loader, ckpt_path=ckpt_path, weights_only=True)
    return best


def kept(folder):
    """Name of each checkpoint that was kept for its score -> the steps that its weight says it has taken."""
    files = (folder / "checkpoints").glob("*.ckpt")
    return {file.stem: int(torch.load(file, weights_only=True)["state_dict"]["weight"]) for file in files
            if file.stem not in ("last", "previous")}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"save_top_k": 3}, {"best": 4, "best-epoch-4-step-5": 5, "best-epoch-1-step-2": 2}),
        ({"save_top_k": 2, "mode": "max"}, {"best": 3, "best-epoch-0-step-1": 1}),
        ({"save_top_k": 1}, {"best": 4}),
        ({"save_top_k": 0}, {}),
        ({"save_top_k": 2, "filename": "{epoch}", "auto_insert_metric_name": True}, {"best": 4, "epoch=4": 5}),
        ({"save_top_k": 2, "enable_version_counter": True, "every_n_epochs": 2}, {"best": 4, "best-epoch-1-step-2": 2}),
        ({"save_top_k": 2, "save_weights_only": True}, {"best": 4, "best-epoch-4-step-5": 5}),
        ({"save_top_k": 2, "steps": 2, "checks": 2, "max_epochs": 2}, {"best": 4, "best-epoch-0-step-2": 2}),
        ({"save_top_k": 3, "steps": 2, "max_steps": 3}, {"best": 2}),  # no validation after step 3
    ],
)  # fmt: skip
def test_the_best_is_best_and_the_next_ones_have_names_of_their_own(tmp_path, settings, expected):
    best = fit(tmp_path, **settings)
    assert kept(tmp_path) == expected
    assert best.best_model_path == (str(tmp_path / "checkpoints/best.ckpt") if expected else "")


def test_all_are_kept_where_all_are_asked_for(tmp_path):
    fit(tmp_path, save_top_k=-1)
    others = {f"best-epoch-{epoch}-step-{epoch + 1}": epoch + 1 for epoch in (0, 1, 2, 4)}
    assert kept(tmp_path) == {"best": 4} | others


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.filterwarnings("ignore:Checkpoint directory")
@pytest.mark.parametrize("whole", [False, True], ids=["before the last was written", "after"])
def test_a_run_cut_off_at_a_checkpoint_keeps_the_same_in_the_end(tmp_path, epoch, whole):
    class CutOff(LastCheckpoint):
        def save(self, trainer):
            if whole or trainer.current_epoch < epoch:
                super().save(trainer)
            if trainer.current_epoch == epoch:
                raise PowerCut

    with pytest.raises(PowerCut):
        fit(tmp_path, last=CutOff, save_top_k=3)
    best = fit(tmp_path, tmp_path / "checkpoints/last.ckpt", save_top_k=3)
    assert kept(tmp_path) == {"best": 4, "best-epoch-4-step-5": 5, "best-epoch-1-step-2": 2}
    assert float(best.best_model_score) == 0.5


def test_each_can_be_evaluated_by_its_name_and_scores_what_its_row_says(tmp_path, composed):
    few = ("model.hidden_sizes=[8]", "data.batch_size=512", "trainer.max_epochs=3", "~callbacks.train_eval", *QUICK)
    train(composed(*few, "callbacks.best_checkpoint.save_top_k=3", run_folder=tmp_path))
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    names = {name: torch.load(tmp_path / f"checkpoints/{name}.ckpt", weights_only=True)["epoch"] for name in
             (file.stem for file in (tmp_path / "checkpoints").glob("best*"))}  # fmt: skip
    result = json.loads((tmp_path / "result.json").read_text())
    assert sorted(names.values()) == [0, 1, 2]
    assert names["best"] == result["best_epoch"] == min(range(3), key=lambda epoch: rows[epoch]["val/loss"])
    for name, epoch in names.items():
        asked = composed(f"run={tmp_path}", f"ckpt={name}", "split=val", root="evaluate")
        assert evaluate(asked)["loss"] == pytest.approx(rows[epoch]["val/loss"], abs=1e-6)
    with pytest.raises(InputError, match=r"ckpt: got 'best-epoch-9', allowed: best, best-epoch-\d-step-\d+, .* last"):
        evaluate(composed(f"run={tmp_path}", "ckpt=best-epoch-9", root="evaluate"))


def test_a_checkpoint_by_another_score_is_tested_and_not_reported_as_the_monitors(tmp_path, composed):
    few = ("model.hidden_sizes=[8]", "data.batch_size=512", "trainer.max_epochs=2", "~callbacks.train_eval", *QUICK)
    other = ["callbacks.best_checkpoint.monitor=val/accuracy", "callbacks.best_checkpoint.mode=max"]
    train(composed(*few, *other, run_folder=tmp_path))
    result = json.loads((tmp_path / "result.json").read_text())
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    assert result["best_score"] == min(row["val/loss"] for row in rows)
    assert result["tested_epoch"] == max(range(2), key=lambda epoch: rows[epoch]["val/accuracy"])
