from pathlib import Path

import numpy as np
import pytest

from epochwise.epochs.epoch_table import EpochTable
from epochwise.input_error import InputError
from epochwise.logs.choose_score import choose_score
from epochwise.logs.log import Log


def log(*columns, names=None, monitor=None):
    table = EpochTable({"epoch": np.arange(2)} | {name: np.ones(2) for name in columns})
    return Log("a table", table, 2, names=names or {}, monitor=monitor)


def chosen(*columns, asked=None, **known):
    return choose_score(Path("log.csv"), log(*columns, **known), asked)


def test_validation_goes_before_training_and_losses_before_metrics():
    assert chosen("train/loss", "val/acc", "val/loss", "lr") == "val/loss"
    assert chosen("train/loss", "val/note", "val/acc") == "val/acc"
    assert chosen("train/loss", "seconds", "lr/head") == "train/loss"
    assert chosen("train/acc", "samples") == "train/acc"


def test_what_the_tool_goes_by_comes_first():
    assert chosen("val/loss", "val/mAP50-95(B)", monitor="val/mAP50-95(B)") == "val/mAP50-95(B)"


def test_a_rate_or_the_step_is_never_a_score():
    with pytest.raises(InputError, match=r"monitor: log.csv has no scores"):
        chosen("lr", "lr/head", "step", "seconds")
    with pytest.raises(InputError, match=r"got 'lr', which is no column of log.csv, allowed: val/loss"):
        chosen("val/loss", "lr", asked="lr")


@pytest.mark.parametrize("asked", ["Val Acc", "val_acc", "VAL/ACC", "val/acc", "valid_acc", "acc", "accVal"])
def test_a_score_is_asked_for_by_any_of_its_names(asked):
    assert chosen("train/acc", "val/acc", "val/loss", names={"Val Acc": "val/acc"}, asked=asked) == "val/acc"


def test_what_cannot_be_known_is_asked_for_in_one_line_that_can_be_pasted():
    with pytest.raises(
        InputError, match=r"which score decides; for example monitor=val/quality mode=min\|max, allowed: "
    ):
        chosen("val/quality", "other")


def test_a_name_that_is_not_there_is_answered_by_the_closest_one():
    with pytest.raises(InputError, match=r"got 'val_los', which is no column of log.csv, .*did you mean 'val_loss'"):
        chosen("val/loss", names={"val_loss": "val/loss"}, asked="val_los")


def test_the_line_that_asks_has_a_score_with_a_known_direction_where_there_is_one():
    with pytest.raises(InputError, match="for example monitor=accuracy mode=max"):
        chosen("threshold", "accuracy")
