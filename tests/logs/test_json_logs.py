"""Logs in JSON: of tools and by hand, one document or a line a row."""

import json

import pytest


def state(epochs, **known):
    """A trainer_state.json that evaluated after these numbers of epochs."""
    rows = []
    for done, loss in epochs:
        rows += [{"epoch": done, "step": int(100 * done), "loss": loss / 2}] if done else []
        rows += [{"epoch": done, "step": int(100 * done), "eval_loss": loss, "eval_runtime": 2.5}]
    last = {"epoch": epochs[-1][0], "step": 1, "train_loss": 9.0, "train_runtime": 5, "total_flos": 1e15}
    return json.dumps({"best_metric": None, "log_history": [*rows, last], "global_step": 1} | known)


def test_epochs_of_hugging_face_are_those_that_are_done(read):
    log = read(state([(0, 5.7), (1.0, 1.1), (2.0, 1.2), (3.0, 1.5)]), "trainer_state.json")
    assert (log.num_epochs, log.unit) == (3, "epoch")
    assert log.rows.columns["val/loss"].tolist() == [1.1, 1.2, 1.5]
    assert any("before training (val/loss 5.7)" in note for note in log.notes)
    drifted = read(state([(0.99, 1.1), (1.98, 1.0), (2.97, 0.9)]), "trainer_state.json")
    assert (drifted.num_epochs, drifted.unit) == (3, "epoch")


def test_evaluations_within_epochs_are_rows_of_their_own(read):
    log = read(state([(0.9, 0.13), (1.8, 0.08), (2.0, 0.09)], best_metric=0.08), "trainer_state.json")
    assert (log.unit, log.num_epochs, log.epochs_done) == ("evaluation", 2, [0.9, 1.8, 2.0])
    assert (log.monitor, log.modes) == ("val/loss", {"val/loss": "min"})


@pytest.mark.parametrize(
    ("document", "name", "tool", "rows"),
    [
        ({"loss": [2, 1], "val_loss": [3, 2.5]}, "h.json", "Keras", [(0, 3), (1, 2.5)]),
        ({"loss": {"0": 2, "1": 1}, "val_loss": {"0": 3, "1": 2.5}}, "h.json", "Keras", [(0, 3), (1, 2.5)]),
        ([{"epoch": 1, "dur": 2, "train_loss": 1, "valid_loss": 3, "batches": [{}]}], "h.json", "skorch", [(0, 3)]),
        ({"train": {"logloss": [1, 0]}, "eval": {"logloss": [3, 2.5]}}, "e.json", "XGBoost", [(0, 3), (1, 2.5)]),
        ({"valid_0": {"l2": [3, 2.5]}}, "e.json", "LightGBM", [(0, 3), (1, 2.5)]),
        ([{"epoch": 0, "train_loss": 1, "val_loss": 3}], "any.json", "a table", [(0, 3)]),
        ({"train": {"loss": [1]}, "val": {"loss": [3]}, "epochs": 1}, "any.json", "a table", [(0, 3)]),
        ({"train_losses": [2, 1], "val_losses": [3, 2], "lrs": [1] * 9}, "a.json", "a table", [(0, 3), (1, 2)]),
        ([{"epoch": 0, "train": {"loss": 2}, "val": {"loss": 3}}], "a.json", "a table", [(0, 3)]),
        ({"epochs": [{"train_loss": 2, "val_loss": 3}], "args": {"lr": 1}}, "a.json", "a table", [(0, 3)]),
        ({"train": [{"loss": 2}], "val": [{"loss": 3}]}, "a.json", "a table", [(0, 3)]),
        ({"0": {"train_loss": 2, "val_loss": 3}, "1": {"val_loss": 2}}, "a.json", "a table", [(0, 3), (1, 2)]),
    ],
)  # fmt: skip
def test_json_of_tools_and_by_hand_is_read(read, document, name, tool, rows):
    log = read(json.dumps(document), name)
    assert log.tool == tool
    (score,) = (column for column in log.rows.columns if column.startswith("val/"))
    assert [(row["epoch"], row[score]) for row in log.rows] == rows


def test_iterations_alone_become_epochs_by_the_steps_an_epoch(read):
    rows = [{"iteration": 20 * (i + 1) - 1, "total_loss": 5 / (i + 1), "lr": 0.1} for i in range(10)]
    rows[4]["bbox/AP"], rows[9]["bbox/AP"] = 30.0, 40.0
    text = "\n".join(map(json.dumps, rows))
    log = read(text, "metrics.json")
    assert (log.unit, log.num_epochs, len(log.rows)) == ("evaluation", None, 2)
    assert any("give steps_per_epoch=N" in note for note in log.notes)
    log = read(text, "metrics.json", steps_per_epoch=100)
    assert (log.unit, log.num_epochs) == ("epoch", 2)
    assert log.rows.columns["val/bbox/AP"].tolist() == [30, 40]


def test_lines_of_mmengine_and_mmcv_are_read(read):
    new = [
        line
        for epoch in (1, 2)
        for line in (
            {"lr": 0.1, "data_time": 0.1, "loss": 2 / epoch, "epoch": epoch, "iter": 50 * epoch, "step": 50 * epoch},
            {"coco/bbox_mAP": epoch / 4, "data_time": 0.1, "time": 0.2, "step": epoch},
        )
    ]
    old = [{"env_info": "x"}] + [
        line
        for epoch in (1, 2)
        for line in (
            {"mode": "train", "epoch": epoch, "iter": 50, "lr": 0.1, "loss": 2 / epoch, "time": 0.1},
            {"mode": "val", "epoch": epoch, "iter": 9, "lr": 0.1, "bbox_mAP": epoch / 4},
        )
    ]
    for lines, score in ((new, "val/coco/bbox_mAP"), (old, "val/bbox_mAP")):
        log = read("\n".join(map(json.dumps, lines)), "scalars.json")
        assert (log.tool, log.num_epochs, log.monitor) == ("OpenMMLab", 2, score)
        assert [(row["train/loss"], row[score]) for row in log.rows] == [(2, 0.25), (1, 0.5)]


def test_the_last_line_of_a_killed_run_is_left_out(read):
    log = read(
        '{"epoch": 0, "train_loss": 1, "test_loss": 2}\n{"epoch": 1, "train_loss": 0.5, "test_loss": 1}\n{"epoch": 2',
        "log.txt",
    )
    assert (log.tool, log.num_epochs) == ("DeiT/MAE/DETR", 2)
