"""A run that ends where its score is good enough, alone and beside patience or a cool-down."""

import json
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.stopping.early import Early
from epochwise.stopping.target import Target
from epochwise.stopping.target_score import TargetScore

SMALL = ("data.batch_size=256", "model.hidden_sizes=[16]", "optimizer.lr=0.02", "monitor=val/accuracy", "mode=max")
SMALL += ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "report=false", "name=test")


def stops_after(stopping, scores, min_epochs=None, checks_per_epoch=1):
    """The epoch after which the run ends, given one score a validation; None where it never does."""
    trainer = SimpleNamespace(
        state=SimpleNamespace(fn=TrainerFn.FITTING),
        sanity_checking=False,
        enable_validation=True,
        should_stop=False,
        min_epochs=min_epochs,
        strategy=SimpleNamespace(reduce_boolean_decision=lambda decision, **_: decision),
    )
    for check_, score in enumerate(scores):
        trainer.current_epoch, trainer.callback_metrics = check_ // checks_per_epoch, {"val/f1": torch.tensor(score)}
        stopping.on_validation_end(trainer, None)
        if (check_ + 1) % checks_per_epoch == 0:
            stopping.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            assert stopping.reason
            return trainer.current_epoch
    return None


@pytest.mark.parametrize(
    ("mode", "target", "scores", "expected"),
    [
        ("max", 0.9, [0.5, 0.91, 0.95], 1),
        ("max", 0.9, [0.5, 0.9, 0.95], 1),  # 0.9 of single precision is less than 0.9
        ("min", 0.1, [0.5, 0.1, 0.05], 1),
        ("min", -3.0, [-1.0, -3.5], 1),
        ("max", 0.9, [0.89, float("nan"), 0.8999], None),
    ],
)
def test_a_run_ends_where_the_score_is_as_good_equal_included(mode, target, scores, expected):
    assert stops_after(Target("val/f1", mode, target), scores) == expected
    assert stops_after(Early("val/f1", mode, patience=9, min_delta=5, target_score=target), scores) == expected


def test_a_target_met_within_an_epoch_ends_the_run_after_it():
    assert stops_after(Target("val/f1", "max", 0.9), [0.1, 0.2, 0.9, 0.3], checks_per_epoch=2) == 1


def test_min_epochs_are_trained_in_any_case():
    assert stops_after(Target("val/f1", "max", 0.9), [0.95, 0.1, 0.1, 0.1], min_epochs=3) == 2


def test_before_start_epoch_no_score_reaches_a_target():
    assert stops_after(Early("val/f1", "max", 9, start_epoch=2, target_score=0.9), [0.95, 0.5, 0.4, 0.91]) == 3


def test_patience_still_ends_a_run_whose_target_is_far():
    early = Early("val/f1", "max", 2, target_score=0.9)
    assert stops_after(early, [0.5, 0.4, 0.3, 0.95]) == 2
    assert early.reason == "val/f1 has not improved for 2 epochs (best: 0.5 at epoch 0)"


def test_a_score_of_the_epoch_under_way_does_not_end_a_run_that_goes_on_within_it():
    before = TargetScore("val/f1", "max", 0.9)
    before.observe(0.95, 3)
    after = TargetScore("val/f1", "max", 0.9)
    after.load_state_dict(before.state_dict())
    assert after.reached(0) is None
    after.end_epoch(3)
    assert after.reached(0) == "val/f1 has reached its target of 0.9 (0.95 at epoch 3)"


@pytest.mark.parametrize("target", [float("nan"), float("inf")])
def test_a_target_that_is_no_finite_number_is_refused(target):
    with pytest.raises(ValueError, match=f"target_score: got {target}, allowed: a finite number"):
        TargetScore("val/f1", "max", target)


def test_a_target_of_a_wrong_kind_is_one_line_and_the_side_of_a_right_one_is_said(composed):
    with pytest.raises(InputError, match=r"stopping.target_score: got 'high'.*allowed: float or null"):
        check(composed("stopping.target_score=high"))
    notes = check(composed("stopping.target_score=0.97"))
    assert "stopping.target_score=0.97: the run ends once val/loss is 0.97 or less" in notes


@pytest.mark.parametrize("stopping", ["early", "adaptive", "target"])
def test_a_target_beyond_the_best_there_is_is_refused_before_the_first_step(tmp_path, composed, stopping):
    with pytest.raises(InputError, match=r"stopping.target_score: got 97, allowed: at most 1, the best that val/acc"):
        train(composed(f"stopping={stopping}", "stopping.target_score=97", *SMALL, run_folder=tmp_path))
    assert not (tmp_path / "epochs.csv").exists()


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize("stopping", ["early", "adaptive", "target"])
def test_a_run_that_reached_its_target_stays_ended_with_more_epochs_and_goes_on_to_a_further_one(
    tmp_path, composed, stopping
):
    settings = (*SMALL, f"stopping={stopping}", "trainer.max_epochs=12")
    train(composed(*settings, "stopping.target_score=0.6", run_folder=tmp_path))
    first = result_of(tmp_path)
    assert (first["status"], first["reason"][:43]) == ("stopped_early", "val/accuracy has reached its target of 0.6 ")
    assert first["best_score"] >= 0.6
    assert first["epochs_run"] == first["best_epoch"] + 1 < 12
    going_on, same = (*settings, "resume=auto"), ["stopping.target_score=0.6"]
    with pytest.raises(InputError, match=r"trainer.max_steps: changes nothing.*set stopping.target_score=\.\.\. too"):
        train(composed(*going_on, *same, "+trainer.max_steps=100000", run_folder=tmp_path))
    train(composed(*going_on, "stopping.target_score=0.8", run_folder=tmp_path))
    second = result_of(tmp_path)
    assert second["reason"].startswith("val/accuracy has reached its target of 0.8 ")
    assert second["epochs_run"] > first["epochs_run"]
