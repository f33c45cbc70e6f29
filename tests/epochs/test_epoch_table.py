import numpy as np

from epochwise.epochs.epoch_table import EpochTable

TABLE = EpochTable(
    {
        "epoch": np.arange(3),
        "val/loss": np.array([0.5, np.nan, np.inf]),
        "step": np.array([8.0, 16.0, 24.0]),
        "events": np.array(["", "resume", ""], dtype=object),
    }
)


def test_a_row_has_what_was_measured_in_its_epoch():
    assert list(TABLE) == [
        {"epoch": 0, "val/loss": 0.5, "step": 8},
        {"epoch": 1, "step": 16, "events": "resume"},
        {"epoch": 2, "val/loss": np.inf, "step": 24},
    ]
    assert isinstance(TABLE[0]["step"], int)


def test_rows_are_counted_and_cut_like_those_of_a_list():
    assert (len(TABLE), len(TABLE[1:]), len(EpochTable({}))) == (3, 2, 0)
    assert TABLE[-1] == TABLE[2]
    assert isinstance(TABLE[:2], EpochTable)
    assert TABLE[1:] == list(TABLE)[1:]
