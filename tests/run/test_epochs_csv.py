from epochwise.run.epochs_csv import read_epochs_csv, write_epochs_csv


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
