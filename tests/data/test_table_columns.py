import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from epochwise.data.tables.columns import encode_columns, learn_columns
from epochwise.input_error import InputError

TRAIN = pd.DataFrame({"age": [1, 2, 6], "town": ["Ulm", "Bonn", "Ulm"], "always": [4.0, 4.0, 4.0]})
LEARNED = learn_columns(TRAIN)


def test_columns_are_learned_as_plain_values():
    assert {
        "age": {"mean": 3.0, "std": pytest.approx(np.std([1, 2, 6])), "median": 2.0},
        "town": {"categories": ["Bonn", "Ulm"]},
        "always": {"mean": 4.0, "std": 1.0, "median": 4.0},
    } == LEARNED


def test_numbers_are_standardised_and_text_is_one_hot_with_a_place_for_the_unknown():
    rows = pd.DataFrame({"always": [4, 5], "town": ["Ulm", "Rome"], "age": [3, 3 + np.std([1, 2, 6])], "more": [0, 0]})
    expected = torch.tensor([[0.0, 0, 1, 0, 0], [1.0, 0, 0, 1, 1]])
    torch.testing.assert_close(encode_columns(rows, LEARNED, fill=False), expected)


def test_missing_cells_are_filled_from_the_training_rows():
    rows = pd.DataFrame({"age": [np.nan, 2.0], "town": [None, "Bonn"], "always": [4, 4]})
    x = encode_columns(rows, LEARNED, fill=True)
    assert x[0, 0] == x[1, 0]
    assert x[:, 1:4].tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("kind", ["Int64", "boolean", "float32", "category", "string"])
def test_every_kind_of_column_that_parquet_keeps_is_encoded(kind):
    column = pd.Series([1, 0, 1]).astype(kind)
    columns = learn_columns(pd.DataFrame({"x": column}))
    assert encode_columns(pd.DataFrame({"x": column}), columns, fill=False).isfinite().all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"age": [1, np.nan, np.nan]},
            r"column 'age' is empty in row 1 \(counted from 0\); fill it, or say data.on_miss",
        ),
        ({"town": ["Ulm", "Ulm", None]}, r"column 'town' is empty in row 2"),
        ({"age": [1, 2, np.inf]}, r"column 'age' holds 'inf' in row 2 \(counted from 0\); allowed: finite numbers"),
        ({"age": ["1", "two", "3"]}, r"column 'age' holds 'two' in row 1"),
    ],
)
def test_cell_that_cannot_be_used_is_named(changed, message):
    with pytest.raises(InputError, match=message):
        encode_columns(TRAIN.assign(**changed), LEARNED, fill=False)


def test_missing_column_is_an_error_with_the_closest_name():
    with pytest.raises(InputError, match=r"no column 'town'; did you mean 'towns'"):
        encode_columns(TRAIN.rename(columns={"town": "towns"}), LEARNED, fill=False)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([np.nan] * 1001, r"column 'x' holds nothing; allowed: numbers, text; or data.ignore_columns"),
        (pd.date_range("2020-01-01", periods=1001), r"column 'x' holds dates; name it in data.dates, or data.ignore"),
        (pd.date_range("2020-01-01", periods=1001).astype(str), r"texts.*; or name it in data.dates, or data.ignore_"),
        (
            [f"name {row}" for row in range(1001)],
            r"column 'x' holds 1001 different texts in 1001 .*; allowed: 500; or name it in data.texts,",
        ),
        ([f"day {row % 501}" for row in range(1001)], r"column 'x' holds 501 different texts in 1001"),
        ([f"name {row % 1001}" for row in range(9009)], r"column 'x' holds 1001 different .*; allowed: 1000"),
        ([np.inf] * 1001, r"column 'x' holds 'inf'"),
    ],
)
def test_column_that_cannot_be_learned_from_is_an_error(column, message):
    with pytest.raises(InputError, match=message):
        learn_columns(pd.DataFrame({"x": column}))


@pytest.mark.parametrize("rows", [[f"day {row % 500}" for row in range(1001)], [f"town {row}" for row in range(20)]])
def test_texts_that_repeat_or_are_few_are_categories(rows):
    assert len(learn_columns(pd.DataFrame({"x": rows}))["x"]["categories"]) == len(set(rows))


def test_a_date_is_how_late_it_is_and_what_repeats_in_it():
    frame = pd.DataFrame({"day": ["2024-01-01 06:00", "2024-01-03 06:00", "2024-01-02"]})
    columns = learn_columns(frame, dates=["day"])
    x = encode_columns(frame, columns, fill=False)
    assert x.shape == (3, 12)
    assert x[0, 0] < x[2, 0] < x[1, 0]
    torch.testing.assert_close(x[0, 1:5], torch.tensor([0.0, 1.0, 1.0, 0.0]))  # New Year, a quarter of the day
    assert x[:, 5:].argmax(dim=1).tolist() == [0, 2, 1]  # a Monday, a Wednesday, a Tuesday
    stamps = frame.assign(day=pd.to_datetime(frame["day"], format="ISO8601").dt.tz_localize("UTC"))
    torch.testing.assert_close(encode_columns(stamps, columns, fill=False), x)


def test_a_missing_date_is_the_median_of_the_training_rows():
    columns = learn_columns(pd.DataFrame({"day": ["2024-01-01", None, "2024-01-03", "2024-01-02"]}), dates=["day"])
    x = encode_columns(pd.DataFrame({"day": [None, "2024-01-02"]}), columns, fill=True)
    assert torch.equal(x[0], x[1])


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            ["2024-01-01", "3.1.2024"],
            r"^data.dates: column 'day' holds '3.1.2024' in row 1 .*; allowed: .* 2024-12-31$",
        ),
        ([20240101, 20240102], r"^data.dates: column 'day' holds numbers"),
    ],
)
def test_a_date_that_could_be_two_is_refused(column, message):
    with pytest.raises(InputError, match=message):
        learn_columns(pd.DataFrame({"day": column}), dates=["day"])


def test_words_of_texts_are_weighed_as_scikit_learn_does_from_plain_values():
    train = pd.DataFrame({"said": ["good film", "bad film", "good good play", "a film"]})
    columns = learn_columns(train, texts=["said"])
    assert columns["said"]["words"] == ["bad", "film", "good", "play"]
    rows = pd.DataFrame({"said": ["good unknown film", None]})
    x = encode_columns(rows, columns, fill=True)
    expected = TfidfVectorizer().fit(train["said"]).transform(["good unknown film", ""]).toarray()
    torch.testing.assert_close(x, torch.from_numpy(expected).float())


def test_texts_without_a_word_are_an_error():
    with pytest.raises(InputError, match=r"data.texts: column 'said' holds no word of two letters or more"):
        learn_columns(pd.DataFrame({"said": ["a", "b"]}), texts=["said"])
