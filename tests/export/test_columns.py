import numpy as np
import pandas as pd
import pytest
import torch

from epochwise.data.tables.columns import encode_columns, learn_columns, raw_columns
from epochwise.export.columns import Columns
from epochwise.input_error import InputError


@pytest.fixture
def frame():
    """Rows of two numbers, a text and a date, none of which stands beside its like."""
    chance = np.random.default_rng(0)
    days = pd.to_datetime(chance.integers(-40_000, 60_000, 400), unit="D") + pd.to_timedelta(chance.random(400), "D")
    return pd.DataFrame(
        {
            "size": chance.normal(1e7, 1, 400),
            "colour": chance.choice(["red", "green", "blue"], 400),
            "bought": days.strftime("%Y-%m-%d %H:%M:%S"),
            "weight": chance.normal(size=400),
        }
    )


def test_rows_become_the_features_that_the_data_makes_of_them(frame):
    learned = learn_columns(frame[:200], dates=["bought"])
    raw = raw_columns(frame, learned, fill=False)
    assert (raw.shape, raw.dtype) == ((400, 4), torch.float64)
    found, expected = Columns(learned)(raw), encode_columns(frame, learned, fill=False)
    assert found.shape == expected.shape == (400, 1 + 4 + 12 + 1)
    assert torch.allclose(found, expected, atol=1e-6)


def test_what_is_missing_or_unknown_is_what_it_is_to_the_data(frame):
    learned = learn_columns(frame, dates=["bought"])
    strange = frame[:4].copy()
    strange.loc[0, "size"], strange.loc[1, "bought"], strange.loc[2, "colour"] = np.nan, None, "mauve"
    raw = raw_columns(strange, learned, fill=True)
    assert (raw.isnan().sum(), raw[2, 1]) == (2, -1)
    assert torch.allclose(Columns(learned)(raw), encode_columns(strange, learned, fill=True), atol=1e-6)


def test_windows_of_rows_are_encoded_row_by_row(frame):
    learned = learn_columns(frame, dates=["bought"])
    rows = raw_columns(frame, learned, fill=False)
    windows = Columns(learned)(rows.view(40, 10, 4))
    assert torch.equal(windows.flatten(0, 1), Columns(learned)(rows))


def test_an_empty_cell_is_refused_where_the_data_refuses_it(frame):
    learned = learn_columns(frame[["size"]])
    frame.loc[3, "size"] = np.nan
    with pytest.raises(InputError, match="'size' is empty in row 3"):
        raw_columns(frame, learned, fill=False)
