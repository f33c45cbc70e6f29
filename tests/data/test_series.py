import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

from epochwise.data.series import Series
from epochwise.input_error import InputError

FRAME = pd.DataFrame({"load": np.arange(100.0), "town": ["Ulm", "Bonn"] * 50, "up": ["yes", "no", "no", "yes"] * 25})


@pytest.fixture
def ready(tmp_path):
    def make(frame=FRAME, **settings):
        frame.to_csv(tmp_path / "rows.csv", index=False)
        data = Series(**{"path": str(tmp_path / "rows.csv"), "target": "load", "window": 5, "horizon": 2, **settings})
        data.setup()
        return data

    return make


def unscaled(data, split):
    """The values of ``load`` in the windows, and what is to be predicted."""
    x, y = data.splits[split][list(range(data.num_samples[split]))]
    learned = data.learned["columns"]["load"]
    return x[:, :, 0] * learned["std"] + learned["mean"], y


def test_a_window_is_followed_by_what_comes_horizon_rows_later(ready):
    data = ready()
    assert data.spec.input_shape == (5, 1 + 3 + 3)
    for split in ("train", "val", "test"):
        x, y = unscaled(data, split)
        torch.testing.assert_close(x, x[:, :1] + torch.arange(5.0), atol=1e-4, rtol=0)
        torch.testing.assert_close(y, x[:, -1] + 2, atol=1e-4, rtol=0)
        assert [float(name) for name in data.sample_names(split)] == pytest.approx((y - 2).tolist())


def moments(data, split):
    x, y = unscaled(data, split)
    return {round(value) for value in [*x.flatten().tolist(), *y.tolist()]}


def test_no_moment_is_in_two_splits_and_time_goes_on(ready):
    data = ready()
    train, val, test = (moments(data, split) for split in ("train", "val", "test"))
    assert max(train) < min(val) <= max(val) < min(test)
    assert max(test) == 99
    assert min(val) - max(train) == 1, "no more is left out than has to be"


def test_what_is_learned_comes_from_training_windows_alone(ready):
    data = ready()
    seen = unscaled(data, "train")[0].unique()
    assert data.learned["columns"]["load"]["mean"] == pytest.approx(float(seen.mean()))


@pytest.mark.parametrize("fold", [0, 2])
def test_folds_in_the_order_of_time_leave_out_what_reaches_over_too(ready, fold):
    data = ready(splitter=TimeSeriesSplit(3), fold=fold)
    assert max(moments(data, "train")) < min(moments(data, "val"))
    assert max(moments(data, "val")) < min(moments(data, "test"))


def test_folds_that_are_blocks_are_trained_on_both_sides_of_them(ready):
    data = ready(splitter=KFold(4), fold=1)
    train, val = moments(data, "train"), moments(data, "val")
    assert not train & val
    assert min(train) < min(val) < max(val) < max(train)


def test_shuffled_folds_leave_nothing_to_train_on(ready):
    with pytest.raises(InputError, match=r"every window of train reaches into val .*a split in the order of time$"):
        ready(splitter=KFold(2, shuffle=True, random_state=0), fold=0)


def panel():
    """Two series, of 60 and 50 days, rows in any order."""
    parts = [
        pd.DataFrame({"load": start + np.arange(float(days)), "site": site,
                      "day": pd.date_range("2024-01-01", periods=days).strftime("%Y-%m-%d")})
        for site, start, days in (("a", 0, 60), ("b", 1000, 50))
    ]  # fmt: skip
    return pd.concat(parts).sample(frac=1, random_state=0)


def test_series_of_one_table_are_never_in_one_window(ready):
    data = ready(panel(), groups="site", time="day")
    assert sum(data.num_samples.values()) > 60
    for split in ("train", "val", "test"):
        x, y = unscaled(data, split)
        torch.testing.assert_close(x, x[:, :1] + torch.arange(5.0), atol=2e-3, rtol=0)
        torch.testing.assert_close(y, x[:, -1] + 2, atol=2e-3, rtol=0)
    train, val = ({moment % 1000 for moment in moments(data, split)} for split in ("train", "val"))
    assert max(train) < min(val), "of no series a day that another is scored on"
    assert data.sample_names("train")[0].startswith("a/2024-01-0")


def test_groups_can_be_the_folds(ready):
    data = ready(panel(), groups="site", time="day", splitter=GroupKFold(2), fold=0, test_fraction=0.05)
    first, second = ({name[0] for name in data.sample_names(split)} for split in ("train", "val"))
    assert not first & second


def test_a_class_is_predicted_too(ready):
    data = ready(target="up", kind="class")
    assert (data.spec.target, data.spec.class_names) == ("class", ["no", "yes"])
    _, y = data.splits["test"][[0]]
    assert FRAME["up"][int(data.sample_names("test")[0]) + 2] == data.spec.class_names[y[0]]


def test_the_time_of_a_row_may_be_a_feature(ready):
    assert ready(panel(), groups="site", time="day", dates=["day"]).spec.input_shape == (5, 13)
    assert ready(panel(), groups="site", time="day").spec.input_shape == (5, 1)


def test_the_last_window_of_ones_own_rows_is_predicted_from(ready, tmp_path):
    trained = ready()
    FRAME.iloc[:7].to_csv(tmp_path / "own.csv", index=False)
    fresh = Series(target="load", window=5, horizon=2)
    fresh.load_state_dict(trained.state_dict())
    names, loader = fresh.predict_data(str(tmp_path / "own.csv"))
    assert names == ["4", "5", "6"]
    rows = next(iter(loader))[:, :, 0] * trained.learned["columns"]["load"]["std"]
    assert (rows[-1] + trained.learned["columns"]["load"]["mean"]).tolist() == pytest.approx([2, 3, 4, 5, 6], abs=1e-4)
    other = Series(target="load", window=5, horizon=3)
    other.load_state_dict(trained.state_dict())
    with pytest.raises(InputError, match=r"^data.horizon=3: the network was trained with 2$"):
        other.predict_data(str(tmp_path / "own.csv"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 99}, r"^data.window=99, data.horizon=2: no series has 101 rows$"),
        ({"window": 40}, r"^data.window=40, data.horizon=2: every window of (val|train) reaches into"),
        ({"time": "tme"}, r"^data.time=tme: no such column"),
        ({"time": "up"}, r"^data.time: column 'up' holds 'yes' in row 0"),
        ({"time": "load", "groups": "towns"}, r"^data.groups=towns: no such column; did you mean 'town'\?$"),
        ({"in_order": False}, r"^data.in_order=false: the rows of a series are in the order of time$"),
    ],
)
def test_a_series_that_cannot_be_cut_says_why(ready, settings, message):
    with pytest.raises(InputError, match=message):
        ready(**settings)


def test_a_moment_that_is_there_twice_is_an_error(ready):
    with pytest.raises(InputError, match=r"^data.time=load: 0.0 twice; several series: data.groups$"):
        ready(pd.concat([FRAME, FRAME]), time="load")


def test_a_column_of_dates_is_to_be_the_order_or_a_feature_or_left_out(ready):
    dated = FRAME.assign(day=[f"2024-01-{1 + row // 24:02d}T{row % 24:02d}:00" for row in range(len(FRAME))])
    with pytest.raises(
        InputError, match=r"^data: column 'day' holds dates; allowed: data.time=day where .*dates=\[day\]"
    ):
        ready(dated)
    for settings in ({"time": "day"}, {"dates": ["day"]}, {"ignore_columns": ["day"]}):
        ready(dated, **settings)


def test_the_shipped_series_needs_no_setting():
    data = Series()
    data.setup()
    assert data.spec.input_shape == (20, 4)
    assert data.num_samples["train"] > 400
