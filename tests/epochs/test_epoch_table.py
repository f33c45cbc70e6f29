import numpy as np
import pytest

from epochwise.epochs.analysis import analyse
from epochwise.epochs.curve import Curve, column_of, columns_of
from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.recommended import on_the_way
from epochwise.epochs.schedule_end import first_rate
from epochwise.input_error import InputError

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def table():
    return EpochTable(
        {
            "epoch": np.arange(5),
            "train/loss": np.array([1.0, 0.5, 0.4, 0.3, 0.25]),
            "val/loss": np.array([1.0, NAN, 0.6, NAN, INF]),
            "lr": np.full(5, 0.1),
            "events": np.array([None, "unfreeze", "", None, "stop"], dtype=object),
        }
    )


def test_a_row_has_what_its_cells_hold_as_plain_values(table):
    assert table[1] == {"epoch": 1, "train/loss": 0.5, "lr": 0.1, "events": "unfreeze"}
    assert [type(value) for value in table[1].values()] == [int, float, float, str]
    assert table[-1]["val/loss"] == INF
    assert table[0]["val/loss"] == 1 and isinstance(table[0]["val/loss"], int)  # as a whole number is read
    assert list(table) == [table[index] for index in range(5)]
    with pytest.raises(IndexError):
        table[5]


def test_a_slice_is_a_table(table):
    assert table[1:3] == [table[1], table[2]]
    assert table[1:] != [table[1], table[2]]
    assert table.take([4, 0]) == [table[4], table[0]]
    assert isinstance(table[1:3], EpochTable)
    assert (len(table[5:]), len(EpochTable({}))) == (0, 0)


def test_columns_of_unlike_lengths_are_refused():
    with pytest.raises(InputError, match=r"columns: got the shapes .*\(2,\).*\(3,\)"):
        EpochTable({"epoch": [0, 1], "val/loss": [1.0, 2.0, 3.0]})


def test_a_curve_of_a_table_is_that_of_its_rows(table):
    for end in (5, 4):
        by_columns, by_rows = (Curve.of_rows(rows[:end], "val/loss", "min") for rows in (table, list(table)))
        for name in ("num_epochs", "sign", "ends_unmeasured"):
            assert getattr(by_columns, name) == getattr(by_rows, name)
        for name in ("epochs", "loss", "train_epochs", "train"):
            np.testing.assert_array_equal(getattr(by_columns, name), getattr(by_rows, name))
    assert Curve.of_rows(table, "val/loss", "min").ends_unmeasured


def test_columns_are_read_off_a_table_and_it_is_left_as_it_is(table):
    before = {name: values.copy() for name, values in table.columns.items()}
    np.testing.assert_array_equal(column_of(table, "val/loss"), [1.0, NAN, 0.6, NAN, INF])
    np.testing.assert_array_equal(column_of(table, "events"), [NAN] * 5)
    np.testing.assert_array_equal(column_of(table, "none"), [NAN] * 5)
    np.testing.assert_array_equal(columns_of([table, table[:2]], "epoch"), [[0, 1, 2, 3, 4], [0, 1, NAN, NAN, NAN]])
    np.testing.assert_array_equal(first_rate(table), [0.1] * 5)
    assert analyse(table, "val/loss", "min") == analyse(list(table), "val/loss", "min")
    for name, values in table.columns.items():
        np.testing.assert_array_equal(values, before[name])


def test_what_a_run_went_back_behind_is_left_out_of_a_table():
    events = [None, None, "back_to_0", None, None, None, "back_to_3 cooldown", None]
    table = EpochTable({"epoch": np.arange(8), "events": np.array(events, dtype=object)})
    assert on_the_way(table).columns["epoch"].tolist() == [0, 2, 3, 6, 7]
    assert on_the_way(table[3:6]).columns["epoch"].tolist() == [3, 4, 5]
    assert on_the_way(EpochTable({"epoch": np.arange(3)})).columns["epoch"].tolist() == [0, 1, 2]


def test_an_event_that_goes_back_to_an_epoch_to_come_leaves_nothing_out():
    rows = [{"epoch": 0}, {"epoch": 1, "events": "back_to_7"}, {"epoch": 2}]
    assert [row["epoch"] for row in on_the_way(rows)] == [0, 1, 2]
