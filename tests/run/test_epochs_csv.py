from epochwise.run import epochs_csv
from epochwise.run.epochs_csv import GrowingCsv, read_epochs_csv, write_epochs_csv


def test_rows_read_back_as_the_same_numbers(tmp_path):
    rows = [
        {"epoch": 0, "step": 18, "train/loss": 0.1 + 0.2, "events": None},
        {"epoch": 1, "step": 36, "train/loss": float("inf"), "events": "lr_drop stop"},
    ]
    write_epochs_csv(tmp_path / "epochs.csv", rows)
    assert read_epochs_csv(tmp_path / "epochs.csv") == rows


def test_a_score_that_appears_later_gets_a_column_and_leaves_earlier_cells_empty(tmp_path):
    write_epochs_csv(tmp_path / "epochs.csv", [{"epoch": 0}, {"epoch": 1, "val/loss": 0.5}])
    assert (tmp_path / "epochs.csv").read_text() == "epoch,val/loss\n0,\n1,0.5\n"
    assert read_epochs_csv(tmp_path / "epochs.csv")[0]["val/loss"] is None


def test_a_file_that_grows_is_the_same_as_one_of_all_rows_whatever_became_of_the_rows(tmp_path):
    grown, whole = GrowingCsv(tmp_path / "grown.csv"), tmp_path / "whole.csv"
    rows = [{"epoch": 0, "train/loss": 0.1 + 0.2}, {"epoch": 1, "train/loss": 1, "events": "a, b\nc"}]
    late = [*rows, {"epoch": 2, "val/loss": float("nan")}, {"epoch": 3}]
    changed = [*late[:-1], {"epoch": 3, "train/f1": 0.5}]
    for now in ([], rows[:1], rows, late, changed, [*changed, {"epoch": 4}], rows, [{"epoch": 7}, *rows], rows[:1]):
        grown.write(list(now))
        write_epochs_csv(whole, list(now))
        assert grown.path.read_bytes() == whole.read_bytes()


def test_a_row_is_made_text_once(tmp_path, monkeypatch):
    made, line = [], epochs_csv._line
    monkeypatch.setattr(epochs_csv, "_line", lambda cells: made.append(cells[0]) or line(cells))
    grown, rows = GrowingCsv(tmp_path / "epochs.csv"), []
    for epoch in range(5):
        rows.append({"epoch": epoch})
        grown.write(rows)
    assert [epoch for epoch in made if epoch != "epoch"] == [0, 1, 2, 3, 4]
