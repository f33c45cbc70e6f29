import json

import pytest

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
CASES = {
    "defaults": [],
    "large batches": ["data.batch_size=100", "data.drop_last=true"],
    "accumulation": ["trainer.accumulate_grad_batches=3", "scheduler=one_cycle"],
    "a fraction": ["trainer.limit_train_batches=0.3", "scheduler=step"],
    "few batches": ["trainer.limit_train_batches=4"],
    "few steps": ["+trainer.max_steps=27"],
    "overfitting": ["trainer.overfit_batches=2"],
}


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_what_was_planned_is_what_was_trained(tmp_path, composed, case):
    train(composed("trainer.max_epochs=2", *CASES[case], *QUICK, run_folder=tmp_path))
    result = json.loads((tmp_path / "result.json").read_text())
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    plan = result["plan"]
    assert (plan["steps"], plan["epochs"], plan["samples"]) == (result["steps"], len(rows), rows[-1]["samples"])
    assert plan["steps_per_epoch"] == rows[0]["step"]
    assert plan["samples_per_epoch"] == rows[0]["samples"]


def test_a_dry_run_writes_the_plan_and_trains_nothing(tmp_path, composed, capsys):
    train(composed("dry_run=true", "trainer.max_epochs=5", *QUICK, run_folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert (plan["steps_per_epoch"], plan["steps"], plan["samples"]) == (20, 100, 6285)
    assert [(mark["name"], mark["epoch"], mark["step"]) for mark in plan["landmarks"]] == [
        ("end of warm-up", 1.0, 20),
        ("end", 5.0, 100),
    ]
    said = capsys.readouterr().out
    assert "1,257 samples in 20 batches: 20 optimizer steps of 64 samples each" in said
    assert "end of warm-up at epoch 1 (step 20), end at epoch 5 (step 100)" in said


def test_accumulation_over_more_batches_than_an_epoch_has_is_said(tmp_path, composed, capsys):
    cut = ("data.max_train_samples=300", "data.batch_size=32", "trainer.accumulate_grad_batches=20")
    train(composed("dry_run=true", *cut, *QUICK, run_folder=tmp_path))
    said = capsys.readouterr().out
    assert "300 samples in 10 batches: 1 optimizer step of 300 samples each" in said
    assert "trainer.accumulate_grad_batches=20: no epoch has as many batches, each is one step" in said


def test_a_rate_that_follows_the_scores_has_no_landmarks(tmp_path, composed):
    train(composed("dry_run=true", "scheduler=plateau", *QUICK, run_folder=tmp_path))
    assert json.loads((tmp_path / "plan.json").read_text())["landmarks"] == []


def test_a_dry_run_shows_who_trains_when_and_at_what_rate(tmp_path, composed, capsys):
    choice = ("finetune=two_phase", "finetune.phases.1.at_epoch=2", "scheduler=none", "trainer.max_epochs=4")
    train(composed("dry_run=true", *choice, *QUICK, run_folder=tmp_path))
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["finetune", "epochs", "body", "(82,432)", "head", "(2,570)"] in said
    assert ["0-1", "frozen", "0.002"] in said
    assert ["2-3", "0.0002", "0.002"] in said
    written = json.loads((tmp_path / "plan.json").read_text())["finetune"]
    assert [one["lr"]["body"] for one in written["epochs"]] == [None, None, pytest.approx(2e-4), pytest.approx(2e-4)]
