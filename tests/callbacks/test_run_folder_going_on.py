"""A run folder of a Trainer of one's own in which training goes on: after a kill, with more steps, on two ranks."""

import json
from pathlib import Path

import lightning as L
import pytest
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from epochwise.callbacks.run_folder import RunFolder
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import points
from tests.plain_modules import EXPECTED, Endless, Kill, KilledError, Line, loader, trainer
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


def told(rows):
    """Rows without what a clock says, and without the event of having gone on."""
    return [
        {key: value for key, value in row.items() if not key.startswith("seconds") and key != "events"} for row in rows
    ]


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


class Undefined(Line):
    """Logs a score that its few samples do not define."""

    def validation_step(self, batch, batch_idx):
        super().validation_step(batch, batch_idx)
        self.log("val_auroc", float("nan"))


def test_a_run_goes_on_whose_first_epoch_has_a_score_that_is_no_number(tmp_path):
    keep = ModelCheckpoint(tmp_path, filename="last", enable_version_counter=False)
    trainer(tmp_path, RunFolder(tmp_path / "run"), keep, max_epochs=2).fit(Undefined(), loader(), loader())
    run = trainer(tmp_path, RunFolder(tmp_path / "run"), max_epochs=3)
    run.fit(Undefined(), loader(), loader(), ckpt_path=tmp_path / "last.ckpt")
    assert [row["epoch"] for row in rows_of(tmp_path / "run")] == [0, 1, 2]


def test_a_checkpoint_that_was_written_without_a_run_folder_is_refused(tmp_path):
    run = trainer(tmp_path, ModelCheckpoint(tmp_path, filename="last"), max_epochs=1)
    run.fit(Line(), loader(), loader())
    with pytest.raises(InputError, match="was written without a RunFolder"):
        trainer(tmp_path, RunFolder(tmp_path / "run"), max_epochs=2).fit(
            Line(), loader(), loader(), ckpt_path=tmp_path / "last.ckpt"
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
