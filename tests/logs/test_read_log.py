import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochwise.input_error import InputError
from epochwise.logs.read_log import read_log


def test_a_table_of_keras_is_read(read):
    log = read("epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.5,0.6,1.25\n1,0.7,1.0,NA,nan\n")
    assert log.tool == "Keras"
    assert log.rows[0] == {
        "epoch": 0, "train/accuracy": 0.5, "train/loss": 1.5, "val/accuracy": 0.6, "val/loss": 1.25,
    }  # fmt: skip
    assert "val/accuracy" not in log.rows[1]
    assert log.rows[1]["val/loss"] == math.inf  # it was measured, and was no number


@pytest.mark.parametrize("separator", [";", "\t"])
def test_any_separator_is_read(read, separator):
    assert read("epoch,loss\n0,1.5\n".replace(",", separator)).rows == [{"epoch": 0, "train/loss": 1.5}]


def test_numbers_are_those_of_the_table_to_the_last_digit(read):
    numbers = [repr(value) for value in np.random.default_rng(0).random(200).tolist()]
    log = read("loss,val_loss\n" + "".join(f"{one},{one}\n" for one in numbers))
    assert [repr(value) for value in log.rows.columns["val/loss"].tolist()] == numbers


def test_the_scattered_rows_of_lightning_are_one_an_epoch(read):
    log = read(
        "epoch,lr-Adam,step,test_loss,train_loss,val_loss\n"
        ",0.1,0,,,\n0,,3,,0.9,\n0,,7,,,0.8\n0,,7,,0.85,\n"
        ",0.05,8,,,\n1,,15,,,0.6\n1,,15,,0.5,\n2,,16,0.7,,\n"
    )
    assert log.rows == [
        {"epoch": 0, "lr": 0.1, "step": 8, "train/loss": 0.875, "val/loss": 0.8},
        {"epoch": 1, "lr": 0.05, "step": 16, "train/loss": 0.5, "val/loss": 0.6},
    ]
    assert log.test == {"loss": 0.7}
    assert log.num_epochs == 2


def test_a_row_of_test_scores_is_no_epoch_whatever_they_are_called(read):
    header = "Final F1 Score,epoch,step,test_loss,train_loss,val_loss\n"
    rows = "".join(f",{e},{8 * e + 7},,,{1 / (e + 1)}\n,{e},{8 * e + 7},,{1 / (e + 2)},\n" for e in range(5))
    log = read(f"{header}{rows}0.98,5,40,0.03,,\n")
    assert (log.num_epochs, log.test) == (5, {"Final F1 Score": 0.98, "loss": 0.03})


@pytest.mark.parametrize("step", [15, 16])
def test_what_lightning_validated_after_training_is_no_epoch(read, step):
    log = read(f"epoch,step,train_loss,val_loss\n0,7,1,1\n1,15,,0.5\n1,15,0.4,\n2,{step},,0.25\n")
    assert (len(log.rows), log.rows[-1]["val/loss"]) == (2, 0.5)


def test_an_epoch_that_was_cut_short_is_none(read):
    whole = "".join(f"{e},{8 * e + s},{1 / (e + 1)},\n" for e in range(4) for s in (1, 3, 5, 7))
    scored = whole.replace("7,", "7,")
    rows = "".join(f"{e},{8 * e + 7},,{1 / (e + 1)}\n" for e in range(4))
    lines = sorted((scored + rows).splitlines(), key=lambda line: int(line.split(",")[1]))
    log = read("epoch,step,train_loss,val_loss\n" + "\n".join([*lines, "4,33,0.2,"]) + "\n")
    assert log.num_epochs == 4
    assert any("cut short" in note for note in log.notes)


def test_only_single_steps_of_lightning_are_refused(read):
    with pytest.raises(InputError, match=r"scores of single steps and nothing of an epoch; allowed: .*on_epoch=True"):
        read("epoch,lr-Adam,step,train_loss_step\n,0.03,0,\n0,,49,0.17\n0,,99,0.16\n")


def test_epochs_that_begin_with_1_are_counted_from_0_and_gaps_are_empty_rows(read, tmp_path):
    log = read("epoch,train_loss\n1,3\n2,2\n5,1\n")
    assert log.rows == [
        {"epoch": 0, "train/loss": 3}, {"epoch": 1, "train/loss": 2}, {"epoch": 2}, {"epoch": 3},
        {"epoch": 4, "train/loss": 1},
    ]  # fmt: skip
    assert log.notes == [f"{tmp_path / 'log.csv'}: epochs are counted from 1 there, from 0 here"]


def test_percent_signs_fractions_of_a_count_and_texts_are_read(read):
    log = read("Epoch,Train Loss,Val Acc,Time,Date,note\n1/3,1.5,81.2%,1:05,2025-06-04 17:39,a\n2/3,1.0,82%,0:59,x,b\n")
    assert log.rows == [
        {"epoch": 0, "train/loss": 1.5, "val/acc": 81.2, "seconds": 65},
        {"epoch": 1, "train/loss": 1, "val/acc": 82, "seconds": 59},
    ]


def test_test_scores_of_each_epoch_are_validation_where_there_is_no_other(read):
    log = read("epoch,train_loss,test_loss\n0,1,1.5\n1,0.5,1.25\n")
    assert log.rows[1] == {"epoch": 1, "train/loss": 0.5, "val/loss": 1.25}
    assert log.notes[-1].endswith("measured in each epoch, and taken for validation: test/loss")
    both = read("EPOCH\tTIMESTAMP\tDEV_LOSS\tTEST_LOSS\n1\t13:54:52\t1\t2\n2\t14:06:52\t0.5\t1\n", "loss.tsv")
    assert both.tool == "Flair"
    assert both.rows[1] == {"epoch": 1, "val/loss": 0.5, "test/loss": 1}


def test_the_losses_of_yolo_are_summed_and_its_score_is_map(read):
    header = (
        "                  epoch,         time, train/box_loss, train/cls_loss, metrics/mAP50(B), metrics/mAP50-95(B),"
    )
    log = read(
        f"{header} val/box_loss, val/cls_loss, lr/pg0\n"
        "  1, 84.5, 1.5, 2.0, 0.5, 0.25, 1.0, 2.0, 0.01\n  2, 160.0, 1.25, 1.0, 0.75, 0.5, 0.5, 1.5, 0.01\n"
    )
    assert (log.tool, log.monitor, log.num_epochs) == ("Ultralytics YOLO", "val/mAP50-95(B)", 2)
    assert [(row["train/loss"], row["val/loss"], row["seconds"]) for row in log.rows] == [
        (3.5, 3, 84.5),
        (2.25, 2, 75.5),
    ]


def test_lines_of_yolov7_have_no_header(read):
    line = "  {}/2  1.2G  0.05  0.01  0.02  {}  10  640  0.5  0.6  {}  {}  0.04  0.01  {}\n"
    log = read("".join(line.format(e, 0.1 / (e + 1), 0.5 + e / 8, 0.25 + e / 8, 0.02) for e in range(3)), "results.txt")
    assert (log.tool, log.num_epochs, log.monitor) == ("YOLOv7", 3, "val/mAP_0.5:0.95")
    assert log.rows[2]["val/mAP_0.5:0.95"] == 0.5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is empty; allowed: a log with a row an epoch"),
        (
            "2025-06-04 17:36:55,374 - INFO - Epoch 1/35, Train Loss: 1.6\n",
            "is text that no tool writes as a table; allowed",
        ),
        ("epoch,val_loss\n0,1\n1,abc\n", "has in row 2, val_loss: 'abc', allowed: a number"),
        ("epoch,val_loss\n-1,1\n", "epoch: got -1, allowed: 0, 1, 2 ..."),
        ("epoch,val_loss\n999999999999,1\n", "got epoch 999999999999, allowed: below 2,000,000"),
        ("name,epoch\nx,1\n", "has no column of numbers that is a score; it has name, epoch"),
        ("epoch,loss\n", "is a log of Keras without a row"),
        ('{"loss": [1, 2', "is cut off in the middle, or no JSON"),
        ('{"a": {"b": {}}}', "is JSON, but neither a list of epochs nor lists of scores"),
        ("[" * 100_000, "is nested too deep for a log"),
    ],
)
def test_what_is_no_log_is_one_line(read, text, line):
    with pytest.raises(InputError) as caught:
        read(text)
    assert line in str(caught.value)
    assert str(caught.value).startswith("runs: ")
    assert "\n" not in str(caught.value)


CELLS = st.sampled_from(["0", "1", "2", "-1", "", "nan", "1e999", "9" * 400, "abc", "epoch", '"', "0:05", "1_0", "1/3"])
HEADERS = st.sampled_from(["epoch,step,train_loss,val_loss,time", "epoch,loss,val_loss", "Epoch;Loss;Acc", "loss,a"])


@settings(max_examples=200, deadline=None)
@given(HEADERS, st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=8))
def test_any_text_is_a_log_or_a_line(tmp_path_factory, header, lines):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("\n".join([header, *lines]))
    with suppress(InputError):
        for log in read_log(path):
            assert [row["epoch"] for row in log.rows] == list(range(len(log.rows)))


def test_a_table_whose_cells_are_parted_by_blanks_is_read(read):
    log = read("epoch train_loss  val_loss best_val_loss\n0   2.0  2.5 2.5\n1   1.0  2.0 2.0\n", "log.txt")
    assert log.rows == [
        {"epoch": 0, "train/loss": 2, "val/loss": 2.5}, {"epoch": 1, "train/loss": 1, "val/loss": 2},
    ]  # fmt: skip


def test_remarks_above_a_table_are_left_out(read):
    log = read("# my run\n# 2025\nepoch,train_loss,val_loss\n0,2,2.5\n1,1,2\n")
    assert log.rows[1] == {"epoch": 1, "train/loss": 1, "val/loss": 2}
