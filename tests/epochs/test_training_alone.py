import numpy as np
import pytest

from epochwise.epochs.analysis import ReplayTable, analyse
from epochwise.epochs.curve import Curve
from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.verdict import verdict

EPOCHS = np.arange(40)
NOISE = 0.003 * np.random.default_rng(0).normal(size=40)
FALLS, LEVEL = 1 + np.exp(-EPOCHS / 30) + NOISE, 1 + np.exp(-EPOCHS / 3) + NOISE
JUMPS = np.r_[LEVEL[:30], np.full(10, 9.0)]


@pytest.mark.parametrize(
    ("train", "label", "reason"),
    [
        (FALLS, "undecided", "no validation: training still falls, which says nothing of unseen samples"),
        (LEVEL, "undecided", "no validation: training has levelled off, which says nothing of unseen samples"),
        (LEVEL + 0.02 * np.maximum(EPOCHS - 20, 0), "undecided", "no validation: training got worse after its best"),
        (JUMPS, "diverged", "no validation: training has diverged: it ends far behind where it began"),
        (np.r_[FALLS, np.inf], "diverged", "no validation: training ends in what is no number"),
        (FALLS[:5], "undecided", "no validation: training has 5 of the 8 scored epochs that it takes to judge it"),
        (FALLS[:1], "undecided", "no validation: training has 1 of"),
    ],
)
def test_training_alone_is_judged_in_words_that_fit_and_gives_neither_fit_nor_count(train, label, reason):
    for rows in ([{"train/loss": loss} for loss in train.tolist()], EpochTable({"train/loss": train})):
        for monitor in ("val/loss", "train/loss"):
            found = analyse(rows, monitor, "min")
            assert (found["verdict"]["label"], found["verdict"]["reason"][: len(reason)]) == (label, reason)
            assert found["recommended_epochs"] is None
            assert (found["replay"], found["schedule_end"], found["verdict"]["evidence"]) == ([], None, {})
            assert found["forecast"]["reason"] == "no forecast: no epoch was validated"


def test_a_score_to_be_raised_still_rises():
    found = verdict(Curve.of_training(-FALLS, "max"))
    assert found.reason.startswith("no validation: training still rises")
    assert verdict(Curve.of(np.full(40, np.nan), -FALLS, "max")).reason == found.reason


def test_training_that_was_not_logged_at_the_end_has_not_diverged():
    rows = [{"train/loss": float(loss)} for loss in FALLS] + [{"train/accuracy": 0.5}] * 3
    assert analyse(rows, "train/loss", "min")["verdict"]["label"] == "undecided"
    rows[-1] = {"train/loss": float("nan")}
    assert analyse(rows, "train/loss", "min")["verdict"]["label"] == "diverged"


def test_early_stopping_on_a_training_score_is_replayed_where_it_is_asked_for():
    rows = [{"train/loss": float(loss)} for loss in LEVEL]
    replays = ReplayTable(patience=[3], monitor="train/loss", mode="min")
    (found,) = analyse(rows, "train/loss", "min", replays=replays)["replay"]
    assert found["stops_at_epoch"] is not None
