import pytest

from epochwise.run.epochs_csv import is_count
from epochwise.run.kept_rows import KeptRows, kept_rows_fault, rows_kept

KEPT = {
    "rows": [{"epoch": 0, "step": 3, "val/loss": 0.5, "events": None}, {"epoch": 1, "step": 6, "events": "stop"}],
    "samples": 30, "epoch_samples": 0, "phases": {"data": 0.1}, "val_scores": {"val/loss": float("nan")},
    "logged_step": 5, "step_scores": ["lr"], "epoch_scores": ["val/loss"],
}  # fmt: skip


def test_what_the_epoch_log_writes_has_no_fault():
    assert kept_rows_fault(KEPT) is None


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("value", [None, "x", -1.5, [1], {"a": []}, [{"epoch": 1, "step": 1}], {1: 1.0}])
def test_a_value_of_another_kind_is_a_fault(name, value):
    assert kept_rows_fault(KEPT | {name: value})


@pytest.mark.parametrize("name", KEPT)
def test_a_value_that_is_missing_is_a_fault(name):
    assert kept_rows_fault({other: value for other, value in KEPT.items() if other != name})


def test_counts_are_whole_not_negative_and_fit_every_reader():
    assert all(map(is_count, (0, 1, 2**53 - 1)))
    assert not any(map(is_count, (-1, 2**53, 1.0, True, None, "1", float("nan"))))


def test_rows_are_the_same_when_they_are_read_again_and_only_new_ones_are_made():
    rows = [{"epoch": 0, "val/loss": 0.1 + 0.2, "samples": None}, {"epoch": 1, "val/loss": float("inf"), "events": "é"}]
    kept = KeptRows()
    first = kept.of(rows)
    rows[1] = {**rows[1], "late": -0.0}
    second = kept.of([*rows, {"epoch": 2}])
    assert second[0] is first[0]
    assert rows_kept({"rows": second}) == [*rows, {"epoch": 2}]
    assert rows_kept({"rows": second}, last=2) == [rows[1], {"epoch": 2}]
    assert kept.of(rows[:1]) == first[:1]


@pytest.mark.parametrize("row", ["3", "[1]", "null", "x", [("epoch", 0)], None])
def test_what_is_no_row_is_refused_where_it_is_read(row):
    with pytest.raises(ValueError, match=r"a row is no mapping|Expecting value"):
        rows_kept({"rows": [row]})


def test_rows_of_runs_of_before_are_read_and_a_line_that_is_none_is_a_fault():
    rows = KEPT["rows"]
    assert rows_kept(KEPT) == rows
    assert kept_rows_fault(KEPT | {"rows": KeptRows().of(rows)}) is None
    for line in ("", "{", "[" * 9999, "3", '{"epoch": 1, "step": 3}', '{"epoch": 0, "step": 3, "x": [1]}', "9" * 9999):
        assert kept_rows_fault(KEPT | {"rows": [line]})
