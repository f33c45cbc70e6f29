import numpy as np
import pytest

from epochwise.epochs.curve import Curve, columns_of
from epochwise.input_error import InputError

NAN, INF = np.nan, np.inf


def test_a_score_to_be_raised_is_negated_and_turned_back():
    curve = Curve.of([0.1, NAN, 0.3], mode="max")
    assert curve.epochs.tolist() == [0, 2]
    assert curve.loss.tolist() == [-0.1, -0.3]
    assert curve.score(curve.loss[1]) == 0.3
    assert len(curve.train) == 0


@pytest.mark.parametrize(
    ("val", "train", "diverged"),
    [
        ([1, 0.5, 0.4], None, False),
        ([1, 0.5, NAN], None, True),
        ([1, 0.5, NAN], [1, 0.5, NAN], True),
        ([1, 0.5, INF], [1, 0.5, 0.4], True),
        ([1, 0.5, NAN], [1, 0.5, 0.4], False),  # interrupted before its last validation
        ([1, 0.5, NAN, NAN], [1, 0.5, 0.4, 0.3], True),
        ([1, NAN, NAN], [1, INF, NAN], True),
        ([NAN, 1, NAN, 0.5, NAN], None, False),  # validated every second epoch
        ([NAN, 1, NAN, 0.5, NAN, NAN], None, True),
        ([NAN, 1, NAN, 0.5, NAN], [2, 1, 0.8, 0.5, NAN], True),
        ([NAN, 1, NAN, 0.5, NAN], [NAN, 1, NAN, 0.5, NAN], False),  # train is scored with val
        ([1, 0.5, 1e300], None, True),
        ([1, 0.5, 0.4], [1, 0.5, NAN], False),  # a train score not logged
        ([], None, False),
        ([NAN, NAN], None, True),
        ([NAN, NAN], [1, 0.5], False),  # never validated
    ],
)
def test_a_run_that_ends_in_scores_that_are_no_numbers_is_told_from_one_that_was_not_due(val, train, diverged):
    assert Curve.of(val, train).ends_unmeasured is diverged


def test_what_cannot_be_read_is_said():
    with pytest.raises(InputError, match="mode: got 'least', allowed: min, max"):
        Curve.of([1.0], mode="least")
    with pytest.raises(InputError, match=r"train: got the shape \(3,\)"):
        Curve.of([1.0, 2.0], [1.0, 2.0, 3.0])


def test_tables_that_end_early_or_lack_a_cell_have_no_number_there():
    tables = [[{"val/loss": 3.0}, {"val/loss": 2.0}], [{"val/loss": ""}], []]
    np.testing.assert_array_equal(columns_of(tables, "val/loss"), [[3.0, 2.0], [NAN, NAN], [NAN, NAN]])
