import numpy as np

from epochwise.epochs.analysis import analyse
from epochwise.epochs.recommended import on_the_way


def rows_of(scores, **events):
    return [{"epoch": n, "val/loss": s, "seconds": 1.0, "events": events.get(f"e{n}")} for n, s in enumerate(scores)]


def test_what_a_run_went_back_behind_is_left_out():
    rows = rows_of(range(8), e2="back_to_0", e6="back_to_3 cooldown")
    assert [row["epoch"] for row in on_the_way(rows)] == [0, 2, 3, 6, 7]
    plain = rows_of(range(3), e1="lr_drop")
    assert on_the_way(plain) is plain


def test_a_count_is_that_of_the_epochs_that_made_the_weights():
    fall = 0.5 + np.exp(-np.arange(12.0)) + 0.002 * np.sin(np.arange(12.0))
    there, cooled = fall.tolist(), [0.47, 0.46, 0.455, 0.45, 0.449, 0.448]
    rows = rows_of([*there, *(0.6 + 0.05 * n for n in range(10)), *cooled], e22="back_to_11 cooldown")
    found = analyse(rows, "val/loss", "min")
    alone = analyse(rows_of([*there, *cooled]), "val/loss", "min")
    assert found["recommended_epochs"] == alone["recommended_epochs"]
    assert found["recommended_epochs"]["value"] <= 18
    assert found["verdict"]["label"] == alone["verdict"]["label"] != "overfitting"
