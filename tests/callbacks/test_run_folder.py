import json
import math
import pickle
from pathlib import Path

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import DataLoader

from epochwise.callbacks.run_folder import RunFolder
from epochwise.input_error import InputError
from epochwise.report.document import find_out
from epochwise.report.read_runs import read_runs
from epochwise.run.epochs_csv import read_epochs_csv

from tests.plain_modules import EXPECTED, Endless, Gan, Kill, KilledError, Line, loader, trainer
from tests.ranks import run_ranks

pytestmark = pytest.mark.filterwarnings(
    *EXPECTED, "ignore:The dirpath has changed", "ignore:.*overwriting.*", "ignore:Experiment logs directory"
)


@pytest.fixture(autouse=True)
def _seed():
    L.seed_everything(0, verbose=False)


def rows_of(folder):
    return read_epochs_csv(folder / "epochs.csv")


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


def points(folder):
    """Tag -> [(x, value)] of TensorBoard."""
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def told(rows):
    """Rows without what a clock says, and without the event of having gone on."""
    return [
        {key: value for key, value in row.items() if not key.startswith("seconds") and key != "events"} for row in rows
    ]


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


@pytest.mark.parametrize("killed", [(2, 1), (2, 3)])
def test_validations_within_epochs_have_rows_of_their_own_and_none_is_lost_or_doubled(tmp_path, killed):
    def fit(folder, *more, ckpt_path=None, **settings):
        keep = ModelCheckpoint(
            folder, filename="last", save_top_k=1, every_n_train_steps=3, enable_version_counter=False
        )
        run = trainer(folder, RunFolder(folder / "run", **settings), keep, *more, max_epochs=4, val_check_interval=2)
        run.fit(Line(), loader(), loader(16), ckpt_path=ckpt_path)
        return read_epochs_csv(folder / "run/validations.csv")

    L.seed_everything(0, verbose=False)
    whole = fit(tmp_path / "whole")
    assert [(row["epoch"], row["step"]) for row in whole] == [(step // 4, step + 2) for step in range(0, 16, 2)]
    of_epochs = {row["epoch"]: row["val/loss"] for row in whole}
    assert of_epochs == {row["epoch"]: row["val/loss"] for row in rows_of(tmp_path / "whole/run")}
    L.seed_everything(0, verbose=False)
    with pytest.raises(KilledError):
        fit(tmp_path / "cut", Kill(*killed))
    cut = fit(tmp_path / "cut", ckpt_path=tmp_path / "cut/last.ckpt")
    assert [(row["epoch"], row["step"]) for row in cut] == [(row["epoch"], row["step"]) for row in whole]
    assert cut[:4] == whole[:4]  # up to the checkpoint; behind it the loader draws anew
    trainer(tmp_path, RunFolder(tmp_path / "cut/run", overwrite=True), max_epochs=1).fit(Line(), loader(), loader(16))
    assert not (tmp_path / "cut/run/validations.csv").exists()


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


@pytest.mark.parametrize("every_n_train_steps", [None, 3])
def test_a_run_that_was_killed_goes_on_without_a_row_or_a_point_lost_or_doubled(tmp_path, every_n_train_steps):
    def fit(folder, *more, ckpt_path=None):
        L.seed_everything(0, verbose=False)
        keep = ModelCheckpoint(folder, filename="last", save_top_k=1, every_n_train_steps=every_n_train_steps,
                               enable_version_counter=False)  # fmt: skip
        run = trainer(folder, RunFolder(folder / "run"), keep, *more, max_epochs=5, log_every_n_steps=1)
        run.fit(Line(), loader(), loader(), ckpt_path=ckpt_path)

    fit(tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(tmp_path / "cut", Kill(3, 2))
    assert result_of(tmp_path / "cut/run")["status"] == "failed"
    assert "epoch 3, step 14" in result_of(tmp_path / "cut/run")["reason"]
    fit(tmp_path / "cut", ckpt_path=tmp_path / "cut/last.ckpt")
    whole, cut = rows_of(tmp_path / "whole/run"), rows_of(tmp_path / "cut/run")
    assert [row["events"] for row in cut].count("resume") == 1
    if every_n_train_steps:  # made by the last batch of epoch 2, whose validation Lightning passes over then
        assert cut[2].pop("val/loss") is None
        del whole[2]["val/loss"]
    assert told(cut) == told(whole)
    drawn, expected = points(tmp_path / "cut/run"), points(tmp_path / "whole/run")
    for tag in ("epoch/val/loss", "step/val/loss", "step/train/loss_step", "step/lr"):
        left_out = {2, 12} if every_n_train_steps and "val" in tag else set()
        assert drawn[tag] == [point for point in expected[tag] if point[0] not in left_out], tag
    assert result_of(tmp_path / "cut/run")["status"] == "completed"


def test_a_run_without_a_length_goes_on_in_steps(tmp_path):
    def fit(folder, max_steps, *more, ckpt_path=None):
        keep = ModelCheckpoint(folder, filename="last", every_n_train_steps=6, enable_version_counter=False)
        run = trainer(folder, RunFolder(folder / "run"), keep, *more, max_steps=max_steps, log_every_n_steps=1,
                      limit_val_batches=2, val_check_interval=5, check_val_every_n_epoch=None)  # fmt: skip
        run.fit(Line(), DataLoader(Endless(), batch_size=4), DataLoader(Endless(), batch_size=4), ckpt_path=ckpt_path)

    fit(tmp_path, 20)
    (row,) = rows_of(tmp_path / "run")
    assert (row["epoch"], row["step"], row["samples"]) == (0, 20, 80)
    assert "trainer.max_steps=20 was reached" in result_of(tmp_path / "run")["reason"]
    fit(tmp_path, 30, ckpt_path=tmp_path / "last.ckpt")
    (row,) = rows_of(tmp_path / "run")
    assert (row["epoch"], row["step"], row["samples"]) == (0, 30, 120)
    assert [x for x, _ in points(tmp_path / "run")["step/val/loss"]] == [5, 10, 15, 20, 25, 30]


def test_epochs_of_a_run_that_max_steps_ends_are_counted_on(tmp_path):
    def fit(max_steps, ckpt_path=None):
        keep = ModelCheckpoint(tmp_path, filename="last", enable_version_counter=False)
        run = trainer(tmp_path, RunFolder(tmp_path / "run"), keep, max_steps=max_steps)
        run.fit(Line(), loader(), loader(), ckpt_path=ckpt_path)

    fit(8)
    fit(16, tmp_path / "last.ckpt")
    assert [(row["epoch"], row["step"], row["samples"]) for row in rows_of(tmp_path / "run")] == [
        (0, 4, 32), (1, 8, 64), (2, 12, 96), (3, 16, 128),
    ]  # fmt: skip


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


def test_the_same_trainer_trains_on_and_another_one_is_refused(tmp_path):
    callback = RunFolder(tmp_path / "run")
    run = trainer(tmp_path, callback, max_epochs=2)
    run.fit(line := Line(), loader(), loader())
    run.fit_loop.max_epochs = 4
    run.fit(line, loader(), loader())
    assert [row["epoch"] for row in rows_of(tmp_path / "run")] == [0, 1, 2, 3]
    assert [x for x, _ in points(tmp_path / "run")["epoch/val/loss"]] == [0, 1, 2, 3]
    before = (tmp_path / "run/result.json").read_bytes()
    with pytest.raises(InputError, match=r"holds a run of 4 epochs; go on with it by trainer.fit\(..., ckpt_path"):
        trainer(tmp_path, callback, max_epochs=2).fit(Line(), loader(), loader())
    assert (tmp_path / "run/result.json").read_bytes() == before
    trainer(tmp_path, RunFolder(tmp_path / "run", overwrite=True), max_epochs=1).fit(Line(), loader(), loader())
    assert len(rows_of(tmp_path / "run")) == 1
    assert points(tmp_path / "run")["epoch/val/loss"][0][0] == 0
    assert len(points(tmp_path / "run")["epoch/val/loss"]) == 1


def test_the_checkpoint_of_another_run_is_refused(tmp_path):
    for name in ("a", "b"):
        keep = ModelCheckpoint(tmp_path / name, filename="last", enable_version_counter=False)
        trainer(tmp_path, RunFolder(tmp_path / name / "run"), keep, max_epochs=2).fit(Line(), loader(), loader())
    with pytest.raises(InputError, match="holds another run than the one of the checkpoint"):
        trainer(tmp_path, RunFolder(tmp_path / "a/run"), max_epochs=3).fit(
            Line(), loader(), loader(), ckpt_path=tmp_path / "b/last.ckpt"
        )


def test_a_checkpoint_that_was_written_without_a_run_folder_is_refused(tmp_path):
    run = trainer(tmp_path, ModelCheckpoint(tmp_path, filename="last"), max_epochs=1)
    run.fit(Line(), loader(), loader())
    with pytest.raises(InputError, match="was written without a RunFolder"):
        trainer(tmp_path, RunFolder(tmp_path / "run"), max_epochs=2).fit(
            Line(), loader(), loader(), ckpt_path=tmp_path / "last.ckpt"
        )


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


@pytest.mark.ranks
def test_of_two_ranks_one_writes_and_both_go_on_or_are_refused(tmp_path):
    first, second = run_ranks(Path(__file__).with_name("run_folder_ranks.py"), 2, str(tmp_path))
    assert first["weights"] == second["weights"]
    assert "holds a run of 4 epochs" in first["refused"]
    assert first["refused"] == second["refused"]
    whole, cut = rows_of(tmp_path / "whole/run"), rows_of(tmp_path / "cut/run")
    assert [row["samples"] for row in whole] == [32, 64, 96, 128]  # of both ranks
    assert [row["events"] for row in whole] == [None, None, "unfreeze", None]
    assert told(cut) == told(whole)
    drawn = points(tmp_path / "cut/run")
    for tag, expected in points(tmp_path / "whole/run").items():
        assert "/seconds" in tag or "/events" in tag or drawn[tag] == expected, tag
