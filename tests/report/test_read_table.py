import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochwise.input_error import InputError
from epochwise.report.read_table import read_table


def table(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def test_a_table_of_keras_is_read(tmp_path):
    read = table(tmp_path, "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.5,0.6,1.25\n1,0.7,1.0,NA,nan\n")
    assert read.rows[0] == {
        "epoch": 0, "train/accuracy": 0.5, "train/loss": 1.5, "val/accuracy": 0.6, "val/loss": 1.25,
    }  # fmt: skip
    assert "val/accuracy" not in read.rows[1]
    assert math.isnan(read.rows[1]["val/loss"])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_any_separator_of_keras_is_read(tmp_path, separator):
    assert table(tmp_path, "epoch,loss\n0,1.5\n".replace(",", separator)).rows == [{"epoch": 0, "train/loss": 1.5}]


def test_the_scattered_rows_of_lightning_are_one_an_epoch(tmp_path):
    read = table(
        tmp_path,
        "epoch,lr-Adam,step,test_loss,train_loss,val_loss\n"
        ",0.1,0,,,\n0,,3,,0.9,\n0,,7,,,0.8\n0,,7,,0.85,\n"
        ",0.05,8,,,\n1,,15,,,0.6\n1,,15,,0.5,\n2,,16,0.7,,\n",
    )
    assert read.rows == [
        {"epoch": 0, "lr": 0.1, "step": 8, "train/loss": 0.85, "val/loss": 0.8},
        {"epoch": 1, "lr": 0.05, "step": 16, "train/loss": 0.5, "val/loss": 0.6},
    ]
    assert read.test == {"loss": 0.7}


def test_what_lightning_validated_after_training_is_no_epoch(tmp_path):
    read = table(tmp_path, "epoch,step,train_loss,val_loss\n0,7,1,1\n1,15,,0.5\n1,15,0.4,\n2,15,,0.5\n")
    assert len(read.rows) == 2


def test_a_table_of_fastai_is_read_and_counted_on_where_it_was_appended(tmp_path):
    header = "epoch,train_loss,valid_loss,accuracy,time\n"
    read = table(tmp_path, f"{header}0,2.0,1.5,0.4,00:05\n{header}0,1.0,0.9,0.7,01:05\n1,0.8,0.7,0.8,1:00:01\n")
    assert [row["epoch"] for row in read.rows] == [0, 1, 2]
    assert [row["seconds"] for row in read.rows] == [5, 65, 3601]
    assert [row.get("events") for row in read.rows] == [None, "resume", None]
    assert read.rows[2]["val/accuracy"] == 0.8
    assert len(read.notes) == 1


def test_epochs_that_begin_with_1_are_counted_from_0_and_gaps_are_empty_rows(tmp_path):
    read = table(tmp_path, "epoch,loss\n1,3\n2,2\n5,1\n")
    assert read.rows == [
        {"epoch": 0, "train/loss": 3}, {"epoch": 1, "train/loss": 2}, {"epoch": 2}, {"epoch": 3},
        {"epoch": 4, "train/loss": 1},
    ]  # fmt: skip
    assert read.notes == [f"{tmp_path / 'log.csv'}: epochs are counted from 1 there, from 0 here"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "has no column 'epoch'; allowed: epochs.csv, or a table of Keras"),
        ("loss,val_loss\n1,2\n", "has no column 'epoch'"),
        ("epoch,val_loss\n0,1\n1,abc\n", "row 2, val_loss: got 'abc', allowed: a number"),
        ("epoch,val_loss\n-1,1\n", "row 1, epoch: got -1, allowed: 0, 1, 2 ..."),
        ("epoch,val_loss\n0.5,1\n", "row 1, epoch: got 0.5"),
        ("epoch,val_loss\ninf,1\n", "row 1, epoch: got inf"),
        ("epoch,val_loss\n999999999999,1\n", "got epoch 999999999999, allowed: below 1,000,000"),
        ("epoch,val_loss\n0,\xff\x00\n", "val_loss: got"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, text, line):
    with pytest.raises(InputError) as caught:
        table(tmp_path, text)
    assert line in str(caught.value)
    assert str(caught.value).startswith(f"runs: {tmp_path / 'log.csv'}")


def test_bytes_and_folders_are_no_tables(tmp_path):
    (tmp_path / "log.csv").write_bytes(b"epoch,loss\n\xff\xfe")
    for path in (tmp_path / "log.csv", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read|no file of a table"):
            read_table(path)


CELLS = st.sampled_from(["0", "1", "2", "-1", "", "nan", "1e999", "9" * 400, "abc", "epoch", '"', "00:05", "1_0", "\0"])


@settings(max_examples=200)
@given(st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=8))
def test_any_text_is_a_table_or_a_line(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("\n".join(["epoch,step,train_loss,val_loss,time", *lines]))
    with suppress(InputError):
        rows = read_table(path).rows
        assert [row["epoch"] for row in rows] == list(range(len(rows)))
