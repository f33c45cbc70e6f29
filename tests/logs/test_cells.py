import numpy as np
import pandas as pd

from epochwise.logs.cells import FIRST, numbers


def test_the_number_inside_a_cell_is_found():
    cells = pd.Series(["81.2%", "3/20", "1:05", "1:00:01", "tensor(0.5, device='cuda:0')", "[0.25]", " 7 ", None])
    np.testing.assert_array_equal(numbers(cells), [81.2, 3, 65, 3601, 0.5, 0.25, 7, np.nan])


def test_what_was_measured_and_is_no_number_is_no_empty_cell():
    assert numbers(pd.Series(["nan", "NaN", "-nan", None, "x"])).tolist()[:3] == [np.inf] * 3
    assert numbers(pd.Series(["nan", None, "x"])).isna().tolist() == [False, True, True]


def test_a_column_that_begins_with_words_is_words_to_its_end():
    assert numbers(pd.Series(["word"] * FIRST + ["0.5"])).isna().all()
    assert numbers(pd.Series(["word"] * (FIRST - 1) + ["0.5"])).iloc[-1] == 0.5
