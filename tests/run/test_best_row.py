import pytest

from epochwise.run.epochs_csv import best_row


@pytest.mark.parametrize(
    ("mode", "scores", "best"),
    [
        ("min", [3.0, 1.0, 2.0], 1),
        ("max", [3.0, 1.0, 2.0], 0),
        ("min", [2.0, 1.0, 1.0], 1),  # the first of equals
        ("min", [None, 4.0, 3.0], 2),  # not validated
        ("max", [float("nan"), 4.0], 1),
        ("min", [float("nan"), None], None),
        ("max", [float("inf"), 1.0], 1),
    ],
)
def test_the_best_row_has_the_best_score_that_is_a_number(mode, scores, best):
    row = best_row([{"epoch": epoch, "val/loss": score} for epoch, score in enumerate(scores)], "val/loss", mode)
    assert (row or {}).get("epoch") == best
