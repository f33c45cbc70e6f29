import numpy as np
import pandas as pd
import pytest
import torch

from epochwise.data.table import Table
from epochwise.input_error import InputError


@pytest.fixture
def frame():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"row {row}" for row in range(60)],
            "size": random.normal(50, 9, 60),
            "town": random.choice(["Bonn", "Ulm"], 60),
            "kind": np.tile(["no", "yes", "maybe"], 20),
            "price": random.normal(1000, 100, 60),
        }
    )


@pytest.fixture
def table(tmp_path, frame):
    """Write the frame, with changes, and set up a table of it."""

    def make(changes=None, suffix=".csv", **settings):
        path, changed = tmp_path / f"rows{suffix}", frame.assign(**(changes or {}))
        changed.to_parquet(path) if suffix == ".parquet" else changed.to_csv(path, index=False)
        data = Table(**{"path": str(path), "target": "kind", "ignore_columns": ["id"], **settings})
        data.setup()
        return data

    return make


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_classes_come_from_the_column(table, frame, suffix):
    data = table(suffix=suffix)
    assert data.spec.class_names == ["maybe", "no", "yes"]
    assert data.spec.input_shape == (5,)
    assert data.num_samples == {"train": 42, "val": 9, "test": 9}
    for split in ("train", "val", "test"):
        _, y = data.splits[split][list(range(data.num_samples[split]))]
        rows = [int(name) for name in data.sample_names(split)]
        assert [data.spec.class_names[index] for index in y] == frame["kind"][rows].tolist()


def test_number_has_its_mean_and_deviation_from_the_training_rows(table, frame):
    spec = (data := table(target="price", kind="number")).spec
    train = frame["price"][[int(name) for name in data.sample_names("train")]]
    assert (spec.target, spec.num_outputs, spec.class_names) == ("number", 1, [])
    assert (spec.target_mean, spec.target_std) == pytest.approx((train.mean(), train.std(ddof=0)))
    assert data.splits["val"].datasets[1].dtype == torch.float32


def test_features_are_standardised_by_the_training_rows(table):
    data = table()
    x, _ = data.on_after_batch_transfer(data.splits["train"][list(range(42))])
    assert x[:, 0].mean().item() == pytest.approx(0, abs=1e-6)
    assert x[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("path", ["breast_cancer", "wine"])
def test_shipped_table_needs_no_setting(path):
    data = Table(path=path)
    data.setup()
    assert data.spec.target == "class"


def test_shipped_table_of_numbers():
    data = Table(path="diabetes", kind="number")
    data.setup()
    assert data.spec.input_shape == (10,)


def test_own_rows_are_predicted_without_the_training_data(table, frame, tmp_path):
    trained = table()
    torch.save(trained.state_dict(), tmp_path / "data.ckpt")
    fresh = Table(batch_size=2)
    fresh.load_state_dict(torch.load(tmp_path / "data.ckpt", weights_only=True))
    rows = [int(name) for name in trained.sample_names("test")][:3]
    frame.iloc[rows][["town", "size", "price"]].to_csv(tmp_path / "own.csv", index=False)
    names, loader = fresh.predict_data(str(tmp_path / "own.csv"))
    assert names == ["0", "1", "2"]
    x = torch.cat([fresh.on_after_batch_transfer(batch) for batch in loader])
    torch.testing.assert_close(x, trained.splits["test"][[0, 1, 2]][0])


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({}, {"target": "knd"}, r"data.target=knd: no such column; did you mean 'kind'"),
        ({}, {"ignore_columns": ["idd"]}, r"data.ignore_columns=idd: no such column; did you mean 'id'"),
        ({}, {"ignore_columns": ["id", "size", "town", "price"]}, r"no column beside the target 'kind'"),
        ({"size": [np.nan] + [1.0] * 59}, {}, r"column 'size' is empty in row 0 \(counted from 0\)"),
        ({"size": [np.nan] * 60}, {"on_missing": "median"}, r"column 'size' holds nothing"),
        ({"kind": ["a"] * 30 + [None] + ["b"] * 29}, {}, r"the target 'kind' is empty in row 30 \(counted from 0\)"),
        ({"kind": ["a"] * 60}, {}, r"\['a'\] is not a choice; at least two classes"),
        ({"kind": ["a"] * 59 + ["b"]}, {}, r"class 'b' is too small to be in train, val and test"),
        ({}, {"target": "price"}, r"^data.kind=class: the target 'price' holds 60 .*numbers.*task=regression\?$"),
        ({}, {"target": "id", "ignore_columns": ()}, r"too few for 60 classes"),
        ({}, {"ignore_columns": ()}, r"^data: column 'id' holds 42 different texts.*; or .* data.ignore_columns$"),
        ({}, {"kind": "number"}, r"data.kind=number: the target 'kind' holds 'no'; did you mean data.kind=class\?"),
        (
            {"price": [np.inf] * 60},
            {"target": "price", "kind": "number"},
            r"target of sample '0' is inf; allowed: a fin",
        ),
    ],
)
def test_table_that_cannot_be_used_is_an_error(table, changes, settings, message):
    with pytest.raises(InputError, match=message):
        table(changes, **settings)


def test_empty_cells_can_be_filled(table):
    data = table({"size": [np.nan] * 5 + [1.0, 2.0] * 27 + [3.0], "town": [None] + ["Ulm"] * 59}, on_missing="median")
    assert all(data.splits[split].datasets[0].isfinite().all() for split in data.splits)


@pytest.mark.parametrize("numbers", [np.tile(np.arange(30), 10), np.tile([1.5, 2.5, 3.5], 100)])
def test_numbers_that_repeat_can_be_classes(tmp_path, numbers):
    pd.DataFrame({"size": np.linspace(0, 1, 300), "kind": numbers}).to_csv(tmp_path / "rows.csv", index=False)
    data = Table(path=str(tmp_path / "rows.csv"), target="kind")
    data.setup()
    assert data.spec.num_outputs == len(np.unique(numbers))


def test_all_of_a_new_file_is_taken_where_few_rows_hold_a_single_class(table, frame, tmp_path):
    trained = table()
    rows = frame[frame["kind"] == "yes"].head(5)
    rows.to_csv(tmp_path / "new.csv", index=False)
    fresh = Table(path=str(tmp_path / "new.csv"), target="kind", ignore_columns=["id"])
    fresh.load_state_dict(trained.state_dict())
    fresh.setup("all")
    x, y = fresh.splits["all"][list(range(5))]
    assert fresh.sample_names("all") == ["0", "1", "2", "3", "4"]
    assert [trained.spec.class_names[index] for index in y] == ["yes"] * 5
    torch.testing.assert_close(x, trained.encode(rows))


def test_several_numbers_are_cut_with_their_names(table):
    data = table(target=["price", "size"], kind="number")
    assert (data.spec.num_outputs, data.spec.target_names) == (2, ["price", "size"])
    assert data.splits["val"][[0, 1]][1].shape == (2, 2)


def test_labels_of_one_column_are_in_each_part(table):
    labels = (["a|b", "a", "b|c", None] * 15)[:60]
    data = table({"kind": labels}, kind="labels", separator="|")
    assert (data.spec.target, data.spec.class_names) == ("labels", ["a", "b", "c"])
    assert all((data.splits[split].datasets[1].sum(dim=0) > 0).all() for split in data.splits)


def test_dates_and_texts_are_encoded_by_name_in_a_row_of_ones_own_too(table, frame, tmp_path):
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    data = table({"id": days, "town": [f"word{row} said" for row in range(60)]}, ignore_columns=(), dates=["id"],
                 texts=["town"])  # fmt: skip
    (tmp_path / "own.csv").write_text("id,size,town,price\n2025-02-01,50,said nothing,1000\n")
    fresh = Table()
    fresh.load_state_dict(data.state_dict())
    _, loader = fresh.predict_data(str(tmp_path / "own.csv"))
    assert next(iter(loader)).shape == (1, *data.spec.input_shape)
    with pytest.raises(InputError, match=r"^data.dates=idd: no such column; did you mean 'id'"):
        table(dates=["idd"])
    with pytest.raises(InputError, match=r"^data.dates=id: the column is used otherwise already$"):
        table(dates=["id"])
