"""Validations by the count of optimizer steps, what is kept of them, and patience that counts them."""

import json

import pytest
import torch

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, outcome

SMALL = ("model.hidden_sizes=[8]", "data.max_train_samples=300", "data.batch_size=64", "name=test", "report=false")
SMALL += ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.train_eval", "~loggers.tensorboard")
BY_STEPS = ("+callbacks=step_validation", "stopping=none", "scheduler=none")


def run(composed, folder, every, *words):
    """The rows of validations.csv, those of epochs.csv, and the result."""
    train(composed(*SMALL, *BY_STEPS, f"callbacks.step_validation.every_n_steps={every}", *words, run_folder=folder))
    tables = [read_epochs_csv(folder / f"{name}.csv") for name in ("validations", "epochs")]
    return *tables, json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize(
    ("every", "accumulated", "expected"),
    [
        (3, 1, [(0, 3), (1, 6), (1, 9), (2, 12), (2, 15)]),  # five steps an epoch
        (7, 1, [(1, 7), (2, 14)]),  # none in the first epoch
        (2, 2, [(0, 2), (1, 4), (1, 6), (2, 8)]),  # three steps an epoch, the last of one batch
    ],
)
def test_a_validation_follows_every_so_many_steps_across_epochs(tmp_path, composed, every, accumulated, expected):
    words = (f"trainer.accumulate_grad_batches={accumulated}", "trainer.max_epochs=3")
    validations, epochs, result = run(composed, tmp_path, every, *words)
    assert [(row["epoch"], row["step"]) for row in validations] == expected
    assert all(row["val/loss"] > 0 for row in validations)
    last = {epoch: row for row in validations for epoch in [row["epoch"]]}  # the last of each epoch
    assert [row.get("val/loss") for row in epochs] == [last.get(n, {}).get("val/loss") for n in range(3)]
    best = min(validations, key=lambda row: row["val/loss"])
    assert (result["best_step"], result["best_score"]) == (best["step"], pytest.approx(best["val/loss"], rel=1e-6))
    kept = torch.load(tmp_path / "checkpoints/best.ckpt", weights_only=True)
    assert kept["global_step"] == best["step"]


def test_patience_may_count_validations_and_ends_the_run_within_an_epoch(tmp_path, composed):
    early = ("stopping=early", "stopping.patience=2", "stopping.min_delta=9", "stopping.patience_unit=validations")
    validations, epochs, result = run(composed, tmp_path, 3, *early)
    assert [row["step"] for row in validations] == [3, 6, 9]
    assert result["status"] == "stopped_early"
    assert result["reason"].startswith("val/loss has not improved for 2 validations (best: ")
    assert (epochs[-1]["step"], epochs[-1]["events"]) == (9, "stop")
    assert epochs[-1]["samples"] == 300 + 4 * 64
    assert epochs[-1]["train/loss"] > 0
    going_on = (*SMALL, *BY_STEPS, "callbacks.step_validation.every_n_steps=3", *early, "resume=auto")
    train(composed(*going_on, "stopping.patience=3", run_folder=tmp_path))
    assert [row["step"] for row in read_epochs_csv(tmp_path / "validations.csv")] == [3, 6, 9, 12]


def test_a_run_validated_at_the_end_of_each_epoch_has_no_second_table(tmp_path, composed):
    train(composed(*SMALL, "trainer.max_epochs=1", run_folder=tmp_path))
    assert not (tmp_path / "validations.csv").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["trainer.val_check_interval=2"], r"trainer.val_check_interval: got 2, but callbacks.step_validation says"),
        (["trainer.val_check_interval=0.5"], r"trainer.val_check_interval: got 0.5, but callbacks.step_validation"),
        (["trainer.check_val_every_n_epoch=2"], r"trainer.check_val_every_n_epoch: got 2, but callbacks.step_val"),
        (["trainer.check_val_every_n_epoch=null"], r"trainer.check_val_every_n_epoch: got None, but callbacks.step_"),
        (["+trainer.max_steps=5"], r"step_validation.every_n_steps: got 11, allowed: at most the 5 steps of the run"),
        (["trainer.max_epochs=2"], r"step_validation.every_n_steps: got 11, allowed: at most the 10 steps of the run"),
    ],
)
def test_another_cadence_beside_it_and_more_steps_than_there_are_are_refused_before_a_file_is_written(
    tmp_path, composed, words, line
):
    with pytest.raises(InputError, match=line):
        run(composed, tmp_path, 11, *words)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_where_nothing_is_validated_it_does_nothing(tmp_path, composed):
    words = ("trainer.limit_val_batches=0", "monitor=train/loss", "trainer.max_epochs=1")
    train(composed(*SMALL, *BY_STEPS, *words, run_folder=tmp_path))
    assert len(read_epochs_csv(tmp_path / "epochs.csv")) == 1


def test_a_run_that_patience_ended_within_an_epoch_and_goes_on_ends_as_one_with_more_patience(tmp_path, composed):
    small = [word for word in SMALL if word not in ("report=false", "~loggers.tensorboard")]
    early = ("stopping=early", "stopping.min_delta=9", "stopping.patience_unit=validations", "trainer.max_epochs=9")
    every = ("callbacks.step_validation.every_n_steps=4", "trainer.accumulate_grad_batches=2")  # of 3 an epoch
    words = (*small, *BY_STEPS, *early, *every)
    train(composed(*words, "stopping.patience=4", run_folder=tmp_path / "whole"))
    train(composed(*words, "stopping.patience=1", run_folder=tmp_path / "cut"))
    train(composed(*words, "stopping.patience=4", "resume=auto", run_folder=tmp_path / "cut"))
    found = differences(outcome(tmp_path / "cut"), outcome(tmp_path / "whole"))
    # What was drawn where it had ended stays on the axis of steps.
    assert {place.partition(":")[0].replace(".points.step/", "") for place in found} <= {
        "grad_norm", "train/loss", "train/accuracy", "train/f1"
    }  # fmt: skip
