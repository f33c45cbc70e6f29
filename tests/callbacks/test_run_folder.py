import json
import math
import pickle

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint

from epochwise.callbacks.run_folder import RunFolder
from epochwise.input_error import InputError
from epochwise.report.document import find_out
from epochwise.report.read_runs import read_runs
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import points
from tests.plain_modules import EXPECTED, Gan, Line, loader, trainer

pytestmark = pytest.mark.filterwarnings(*EXPECTED)


@pytest.fixture(autouse=True)
def _seed():
    L.seed_everything(0, verbose=False)


def rows_of(folder):
    return read_epochs_csv(folder / "epochs.csv")


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


def test_any_module_leaves_what_train_py_leaves(tmp_path):
    run = trainer(tmp_path, RunFolder(tmp_path / "run", monitor="val_loss"), max_epochs=3, log_every_n_steps=2)
    run.fit(Line(), loader(), loader(16))
    rows = rows_of(tmp_path / "run")
    assert [(row["epoch"], row["step"], row["samples"], row["lr"]) for row in rows] == [
        (0, 4, 32, 0.1), (1, 8, 64, 0.1), (2, 12, 96, 0.1),
    ]  # fmt: skip
    assert rows[2]["train/loss"] < rows[0]["train/loss"]
    assert all(
        row["seconds"] == pytest.approx(sum(row[k] for k in row if k.startswith("seconds/")), abs=0.001) for row in rows
    )
    drawn = points(tmp_path / "run")
    assert drawn["epoch/val/loss"] == [(row["epoch"], pytest.approx(row["val/loss"])) for row in rows]
    assert [x for x, _ in drawn["step/val/loss"]] == [4, 8, 12]
    assert [x for x, _ in drawn["step/train/loss_step"]] == [2, 4, 6, 8, 10, 12]
    assert [x for x, _ in drawn["step/lr"]] == [2, 4, 6, 8, 10, 12]
    result = result_of(tmp_path / "run")
    assert (result["status"], result["reason"]) == ("completed", "trained all of its 3 epochs")
    assert (result["monitor"], result["best_epoch"], result["best_step"]) == ("val/loss", 2, 12)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "epochs.csv", "result.json", "report.html", "curves.png", "tensorboard",
    }  # fmt: skip


class Recorded(L.LightningModule):
    """Logs the curves of another run."""

    def __init__(self, rows):
        super().__init__()
        self.rows, self.weight = rows, torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, batch_idx):
        self.log("train_loss", self.rows[self.current_epoch]["train/loss"])
        return (self.weight * batch[0]).mean()

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", torch.tensor(self.rows[self.current_epoch]["val/loss"], dtype=torch.float64))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_the_verdict_is_that_of_train_py_on_the_same_curves(tmp_path):
    falls = [2.3 * math.exp(-0.3 * epoch) + 0.001 * (epoch % 3) for epoch in range(30)]
    rows = [{"epoch": e, "train/loss": v, "val/loss": v + 0.01 * e, "lr": 0.1} for e, v in enumerate(falls)]
    callback = RunFolder(tmp_path / "run", monitor="val_loss", chance=math.log(10))
    trainer(tmp_path, callback, max_epochs=30, enable_checkpointing=False, num_sanity_val_steps=0).fit(
        Recorded(rows), loader(8), loader(8)
    )
    from epochwise.epochs.analysis import analyse

    seconds = [{**row, "seconds": own["seconds"]} for row, own in zip(rows, rows_of(tmp_path / "run"), strict=True)]
    expected = analyse(seconds, "val/loss", "min", math.log(10))
    found = result_of(tmp_path / "run")
    assert found["verdict"]["label"] == expected["verdict"]["label"] == "overfitting"
    assert found["recommended_epochs"]["value"] == expected["recommended_epochs"]["value"]
    (read,) = read_runs([tmp_path / "run"])
    assert json.loads(json.dumps(find_out(read)["verdict"])) == found["verdict"]


def test_two_optimizers_that_are_stepped_by_hand_have_a_rate_each(tmp_path):
    run = trainer(tmp_path, RunFolder(tmp_path / "run", monitor="train_g_loss"), max_epochs=2)
    run.fit(Gan(), loader())
    rows = rows_of(tmp_path / "run")
    assert [(row["step"], row["lr/Adam"], row["lr/Adam-1"]) for row in rows] == [(8, 0.1, 0.2), (16, 0.1, 0.2)]
    assert result_of(tmp_path / "run")["monitor"] == "train/g_loss"
    assert result_of(tmp_path / "run")["best_epoch"] == 1


def test_each_of_several_validation_loaders_has_its_column(tmp_path):
    callback = RunFolder(tmp_path / "run", monitor="val_loss/dataloader_idx_1", mode="min")

    class TwoLoaders(Line):
        def validation_step(self, batch, batch_idx, dataloader_idx=0):
            self.step(batch, "val_loss")

    trainer(tmp_path, callback, max_epochs=2).fit(TwoLoaders(), loader(), [loader(), loader(16)])
    assert {"val/loss/dataloader_idx_0", "val/loss/dataloader_idx_1"} <= rows_of(tmp_path / "run")[0].keys()
    result = result_of(tmp_path / "run")
    assert (result["monitor"], result["best_epoch"]) == ("val/loss/dataloader_idx_1", 1)


class Spoken(Line):
    """Scores without a stage, by step and epoch, and one that is logged when callbacks have been asked already."""

    def training_step(self, batch, batch_idx):
        self.log("grad_norm", 1.0)
        return self.step(batch, "loss", on_step=True, on_epoch=True)

    def validation_step(self, batch, batch_idx):
        self.step(batch, "loss")
        if self.current_epoch != 1:
            self.log("acc", 0.5)

    def on_train_epoch_end(self):
        self.log("train_acc", float(self.current_epoch))


def test_scores_get_the_stage_in_which_they_were_logged(tmp_path):
    callback = RunFolder(tmp_path / "run", monitor="acc", mode="max")
    run = trainer(tmp_path, LearningRateMonitor(), callback, max_epochs=4, check_val_every_n_epoch=2, logger=None)
    run.fit(Spoken(), loader(), loader())
    rows = rows_of(tmp_path / "run")
    assert [row["train/acc"] for row in rows] == [0.0, 1.0, 2.0, 3.0]
    assert [row["val/acc"] for row in rows] == [None, None, None, 0.5]
    assert [row["val/loss"] is None for row in rows] == [True, False, True, False]
    assert all(row["train/loss"] is not None and row["grad_norm"] == 1.0 and row["lr"] == 0.1 for row in rows)
    assert not [name for name in rows[0] if "SGD" in name or name.endswith(("_step", "_epoch"))]
    assert result_of(tmp_path / "run")["monitor"] == "val/acc"


def test_a_run_that_lightnings_early_stopping_ends_says_so(tmp_path):
    stop = EarlyStopping("val_loss", patience=1, min_delta=100.0)
    trainer(tmp_path, RunFolder(tmp_path / "run"), stop, max_epochs=9).fit(Line(), loader(), loader())
    result = result_of(tmp_path / "run")
    assert (result["status"], result["epochs_run"]) == ("stopped_early", 2)
    assert "EarlyStopping in epoch 1" in result["reason"]


def test_scores_of_trainer_test_are_added_and_a_validation_afterwards_adds_nothing(tmp_path):
    run = trainer(tmp_path, RunFolder(tmp_path / "run"), ModelCheckpoint(tmp_path, monitor="val_loss"), max_epochs=2)
    run.fit(line := Line(), loader(), loader())
    before = rows_of(tmp_path / "run")
    run.validate(line, loader(), verbose=False)
    run.test(line, loader(16), ckpt_path="best", verbose=False)
    result = result_of(tmp_path / "run")
    assert (list(result["test"]), result["tested_epoch"]) == (["loss"], 1)
    assert rows_of(tmp_path / "run") == before
    assert len(points(tmp_path / "run")["step/val/loss"]) == 2


def test_fast_dev_run_writes_nothing(tmp_path):
    trainer(tmp_path, RunFolder(tmp_path / "run"), fast_dev_run=True).fit(Line(), loader(), loader())
    assert not (tmp_path / "run").exists()


def test_a_module_can_be_pickled_after_its_training(tmp_path):
    trainer(tmp_path, RunFolder(tmp_path / "run"), max_epochs=1).fit(line := Line(), loader(), loader())
    assert pickle.loads(pickle.dumps(line)).layer.weight.equal(line.layer.weight)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"mode": "minimum"}, "RunFolder: mode: got 'minimum'"),
        ({"monitor": "val_acc"}, "RunFolder: mode: got None; of 'val_acc' it is to say which is better: min, max"),
    ],
)
def test_a_direction_that_is_none_or_not_known_is_refused(tmp_path, settings, line):
    with pytest.raises(InputError, match=line):
        RunFolder(tmp_path, **settings)


def test_a_monitor_that_is_never_logged_is_refused_behind_the_first_epoch(tmp_path):
    run = trainer(tmp_path, RunFolder(tmp_path / "run", monitor="val_lss", mode="min"), max_epochs=5)
    with pytest.raises(InputError, match=r"monitor: 'val_lss' is never logged; .*; did you mean 'val/loss'\?"):
        run.fit(Line(), loader(), loader())
    assert len(rows_of(tmp_path / "run")) == 1


def test_two_run_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="two RunFolders"):
        trainer(tmp_path, RunFolder(tmp_path / "a"), RunFolder(tmp_path / "b"), max_epochs=1).fit(
            Line(), loader(), loader()
        )
