"""Tables whose rows are no epochs: a split a row, a metric a row, several trainings in one file."""

import json

import pytest

from epochwise.input_error import InputError
from epochwise.logs.read_log import read_log

TRAIN, VAL = (4.0, 2.0, 1.0, 0.5), (5.0, 2.5, 3.0, 3.5)


@pytest.fixture
def read(tmp_path):
    """Reads a text, or an object as JSON, as a file: a list of trainings."""

    def reader(what, name="log.csv"):
        path = tmp_path / name
        path.write_text(what if isinstance(what, str) else json.dumps(what), encoding="utf-8")
        return read_log(path)

    return reader


def curves(log):
    return [log.rows.columns[name].tolist() for name in ("train/loss", "val/loss")]


ROWS = [(epoch, split, value) for epoch, pair in enumerate(zip(TRAIN, VAL, strict=True), 1) for split, value in
        zip(("train", "val"), pair, strict=True)]  # fmt: skip


@pytest.mark.parametrize("column", ["phase", "split", "Mode", "anything"])
@pytest.mark.parametrize("in_blocks", [False, True])
def test_a_row_of_the_validation_split_is_not_taken_for_training(read, column, in_blocks):
    rows = sorted(ROWS, key=lambda row: row[1]) if in_blocks else ROWS
    (log,) = read(f"epoch,{column},loss\n" + "".join(f"{e},{split},{value}\n" for e, split, value in rows))
    assert curves(log) == [list(TRAIN), list(VAL)]


def test_rows_of_splits_count_themselves_where_there_is_no_epoch(read):
    (log,) = read("phase,loss\n" + "".join(f"{split.title()},{value}\n" for _, split, value in ROWS))
    assert curves(log) == [list(TRAIN), list(VAL)]


@pytest.mark.parametrize("in_blocks", [False, True])
def test_a_metric_a_row_is_a_column_for_each(read, in_blocks):
    rows = sorted(ROWS, key=lambda row: row[1]) if in_blocks else ROWS
    (log,) = read("epoch,metric,value\n" + "".join(f"{e},{split}_loss,{value}\n" for e, split, value in rows))
    assert curves(log) == [list(TRAIN), list(VAL)]


@pytest.mark.parametrize("column", ["fold", "model", "Seed", "optimizer", "run_id"])
@pytest.mark.parametrize("header", ["epoch,loss,val_loss", "epoch,train_loss,valid_loss", "epoch,step,train_loss"])
@pytest.mark.parametrize("in_blocks", [False, True])
def test_trainings_that_a_column_tells_apart_are_several(read, column, header, in_blocks):
    rows = [f"{run},{epoch},{8 / epoch},{run / epoch}\n" for epoch in (1, 2, 3) for run in (1, 2, 3)]
    logs = read(f"{column},{header}\n" + "".join(sorted(rows) if in_blocks else rows))
    assert [log.name for log in logs] == [f"{column.lower()} {run}" for run in (1, 2, 3)]
    assert [log.num_epochs for log in logs] == [3, 3, 3]


def test_a_training_in_a_table_of_several_may_go_on_from_a_checkpoint(read):
    first, second = read(
        "fold,epoch,val_loss\n1,0,5\n1,1,4\n1,2,3\n1,3,2\n1,4,2\n1,4,1\n2,0,6\n2,1,5\n2,2,4\n2,3,3\n2,4,2\n2,5,2\n"
    )
    assert (first.num_epochs, second.num_epochs) == (5, 6)


def test_a_constant_setting_makes_no_trainings(read):
    (log,) = read("model,epoch,val_loss\n" + "".join(f"net,{epoch},{value}\n" for epoch, value in enumerate(VAL)))
    assert log.num_epochs == 4


HISTORY = {"train_loss": list(TRAIN), "val_loss": list(VAL), "val_dice_of_classes": [[1, 2]] * 4}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"fold_1": HISTORY, "fold_2": HISTORY, "lr": 0.1}, ["fold_1", "fold_2"]),
        ({"resnet": {"history": HISTORY, "seconds": 3}, "vgg": {"history": HISTORY}}, ["resnet", "vgg"]),
        ([{"fold": 1, "history": HISTORY}, {"fold": 2, "history": HISTORY}], ["fold 1", "fold 2"]),
        ([HISTORY, HISTORY], ["training 1", "training 2"]),
    ],
)
def test_histories_of_several_trainings_in_one_json_are_several(read, document, names):
    logs = read(document, "history.json")
    assert [log.name for log in logs] == names
    assert [curves(log) for log in logs] == [[list(TRAIN), list(VAL)]] * 2


@pytest.mark.parametrize(
    "document",
    [
        {"train": {"loss": TRAIN}, "val": {"loss": VAL}},
        {"config": {"layers": [3, 4]}, "history": {"train": {"loss": TRAIN}, "val": {"loss": VAL}}, "best_epoch": 1},
        {"epochs": [{"epoch": e, "train": {"loss": t}, "val": {"loss": v}} for e, (t, v) in
                    enumerate(zip(TRAIN, VAL, strict=True))]},
    ],
)  # fmt: skip
def test_a_history_by_hand_is_found_below_its_keys_and_is_no_boosting(read, document):
    (log,) = read(document, "history.json")
    assert (log.unit, curves(log)) == ("epoch", [list(TRAIN), list(VAL)])


def test_json_lines_with_objects_in_them_are_read(read):
    rows = [{"epoch": e, "train": {"loss": t}, "val": {"loss": v, "of_classes": [1, 2]}} for e, (t, v) in
            enumerate(zip(TRAIN, VAL, strict=True))]  # fmt: skip
    (log,) = read("".join(json.dumps(row) + "\n" for row in rows), "log.jsonl")
    assert curves(log) == [list(TRAIN), list(VAL)]


@pytest.mark.parametrize(
    "text",
    [
        "Model,Train Accuracy,Test Accuracy\nSVM,0.9,0.8\nKNN,0.8,0.7\n",
        "classifier name,val_acc\nSVM,0.9\nKNN,0.8\n",
        "model,epochs,val_loss\nresnet,20,0.5\nvgg,30,0.4\n",
        "fold,train_loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n3,0.6,0.7\n",
        "fold,epoch,val_loss\n1,12,0.6\n2,12,0.5\n3,15,0.7\n",
    ],
)
def test_a_table_of_results_is_no_log_of_epochs(read, text):
    with pytest.raises(InputError, match=r"is a table of results: a row is a \w+.* and no epoch; allowed: "):
        read(text)


def test_one_value_of_each_score_is_no_log(read):
    with pytest.raises(InputError, match="JSON with one value of each score, and not one an epoch"):
        read({"test_loss": 0.5, "test_acc": 0.75}, "test_results.json")
    with pytest.raises(InputError, match=r"Hugging Face's Trainer has at the end; its epochs stand in trainer_state"):
        read({"epoch": 3.0, "eval_loss": 0.5, "eval_runtime": 3}, "all_results.json")


@pytest.mark.parametrize("name", ["loss", "val_loss", "Train Accuracy"])
def test_a_table_of_one_score_is_a_log(read, name):
    (log,) = read(f"{name}\n3\n2\n1\n")
    assert log.num_epochs == 3


def test_the_json_of_catboost_is_read_as_its_tables_are(read):
    meta = {f"{part}_metrics": [{"name": "AUC", "best_value": "Max"}] for part in ("learn", "test")}
    rounds = [{"iteration": 10 * i, "learn": [0.5 + i / 8], "test": [0.5 + i / 16]} for i in range(3)]
    (log,) = read({"meta": meta, "iterations": rounds}, "catboost_training.json")
    assert (log.tool, log.unit, log.monitor, log.modes["val/AUC"]) == ("CatBoost", "round", "val/AUC", "max")
    assert log.rows.columns["val/AUC"][[0, 10, 20]].tolist() == [0.5, 0.5625, 0.625]
