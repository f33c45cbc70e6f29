import pytest

from epochwise.epochs.analysis import ReplayTable
from epochwise.input_error import InputError

ROWS = [
    {"val/loss": loss, "val/accuracy": accuracy}
    for loss, accuracy in [(1.0, 0.5), (0.8, 0.6), (0.9, 0.7), (0.95, 0.8), (0.99, 0.75)]
]


def test_every_combination_is_replayed():
    table = ReplayTable(patience=[1, 2], min_delta=[0.0, 0.3]).of(ROWS, "val/loss", "min")
    assert [(one.patience, one.min_delta, one.stops_at_epoch) for one in table] == [
        (1, 0.0, 2), (1, 0.3, 1), (2, 0.0, 3), (2, 0.3, 2),
    ]  # fmt: skip


def test_min_delta_may_be_a_fraction_of_the_best_score():
    (one,) = ReplayTable(patience=[1], min_delta=[0.25], min_delta_mode="rel").of(ROWS, "val/accuracy", "max")
    assert (one.stops_at_epoch, one.min_delta_mode) == (1, "rel")  # 0.6 is less than a quarter over 0.5


def test_another_score_than_the_runs_own_may_decide():
    (one,) = ReplayTable(patience=[1], monitor="val/accuracy", mode="max").of(ROWS, "val/loss", "min")
    assert (one.stops_at_epoch, one.best_epoch, one.best_score) == (4, 3, 0.8)


def test_a_setting_out_of_its_range_is_named():
    with pytest.raises(InputError, match=r"replay.patience: got 0, allowed: 1 or more"):
        ReplayTable(patience=[0]).of(ROWS, "val/loss", "min")
