"""Curves as TensorBoard itself reads them back."""

import json
import re

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.summary.writer import event_file_writer

from epochwise.commands.train import train
from epochwise.loggers.tensorboard import overlaid
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.run.kept_rows import rows_kept
from epochwise.run.write_checkpoint import WholeCheckpointIO

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")


def curves(folder):
    """tag -> points (x, y), and the reader."""
    reader = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    reader.Reload()
    return {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}, reader


CADENCES = {
    "large batches": ["data.batch_size=600"],
    "one batch an epoch": ["data.batch_size=2000"],
    "accumulation": ["trainer.accumulate_grad_batches=3"],
    "every other epoch validated": ["trainer.check_val_every_n_epoch=2"],
    "three validations an epoch": ["trainer.val_check_interval=7"],
    "both": ["trainer.val_check_interval=7", "trainer.accumulate_grad_batches=2"],
    "few points": ["trainer.log_every_n_steps=50"],
}


@pytest.mark.long
@pytest.mark.parametrize("cadence", CADENCES)
def test_every_scalar_stands_on_both_axes_whatever_the_cadence(tmp_path, composed, cadence):
    train(composed("trainer.max_epochs=4", *CADENCES[cadence], *QUICK, run_folder=tmp_path))
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    points, _ = curves(tmp_path)
    epoch_tags = {tag.removeprefix("epoch/") for tag in points if tag.startswith("epoch/")}
    step_tags = {tag.removeprefix("step/") for tag in points if tag.startswith("step/")}
    assert epoch_tags == step_tags - {"train/loss_step"}
    assert epoch_tags >= {"train/loss", "val/loss", "train/accuracy", "val/accuracy", "lr", "grad_norm", "test/loss"}
    for tag in epoch_tags - {tag for tag in epoch_tags if tag.startswith("test/")}:
        scored = [row for row in rows if row[tag] is not None]
        assert points[f"epoch/{tag}"] == [(row["epoch"], pytest.approx(row[tag])) for row in scored]
        on_steps = dict(points[f"step/{tag}"])
        assert len(on_steps) == len(points[f"step/{tag}"])  # no point twice
        for row in scored:
            # The last validation of an epoch may stand before its last step.
            at = row.get("scored_step") if tag.startswith(("val/", "train_eval/")) else None
            assert on_steps[at or row["step"]] == pytest.approx(row[tag])
        assert max(on_steps) <= rows[-1]["step"]
    within = "trainer.val_check_interval=7" in CADENCES[cadence]  # batches, of the 20 of an epoch
    measured = [7, 17, 27, 37] if "both" in cadence else [14, 34, 54, 74]
    assert [row.get("scored_step") for row in rows] == (measured if within else [None] * 4)


class NeverScheduled:
    """TensorBoard's writing thread on a machine so busy that it gets its turn where it is waited for alone."""

    def __init__(self, record_writer, *_):
        self.waiting, self.writer = [], record_writer

    def write(self, record):
        self.waiting.append(record)

    def flush(self):
        while self.waiting:
            self.writer.write(self.waiting.pop(0))
        self.writer.flush()

    def close(self):
        self.flush()
        self.writer.close()


@pytest.mark.parametrize("cadence", [[], ["trainer.val_check_interval=1", "trainer.log_every_n_steps=3"]])
def test_what_a_checkpoint_counts_as_drawn_is_on_the_disk_before_it(tmp_path, composed, monkeypatch, cadence):
    written, seen = WholeCheckpointIO.save_checkpoint, []

    def killed_behind_it(self, checkpoint, path, storage_options=None):
        points, _ = curves(tmp_path)  # what would be left
        rows, step = rows_kept(checkpoint["epoch_log"]), checkpoint["global_step"]
        assert [x for x, _ in points.get("epoch/train/loss", [])] == [row["epoch"] for row in rows]
        assert "trainer.val_check_interval=1" not in cadence or points["step/val/loss"][-1][0] == step
        seen.append(written(self, checkpoint, path, storage_options))

    monkeypatch.setattr(WholeCheckpointIO, "save_checkpoint", killed_behind_it)
    monkeypatch.setattr(event_file_writer, "_AsyncWriter", NeverScheduled)
    few = ["trainer.max_epochs=2", "trainer.limit_train_batches=2", "callbacks.last_checkpoint.every_n_steps=1"]
    train(composed(*few, *cadence, *QUICK, run_folder=tmp_path))
    assert len(seen) > 3


def test_runs_of_other_batch_sizes_line_up_on_the_epoch_axis(tmp_path, composed):
    xs = []
    for batch_size in (32, 256):
        (tmp_path / str(batch_size)).mkdir()
        train(
            composed(
                "trainer.max_epochs=3", f"data.batch_size={batch_size}", *QUICK, run_folder=tmp_path / str(batch_size)
            )
        )
        xs.append([x for x, _ in curves(tmp_path / str(batch_size))[0]["epoch/val/loss"]])
    assert xs == [[0, 1, 2], [0, 1, 2]]


def test_train_and_val_share_a_chart_on_each_axis(tmp_path, composed):
    train(composed("trainer.max_epochs=1", *QUICK, run_folder=tmp_path))
    points, reader = curves(tmp_path)
    layout = layout_pb2.Layout.FromString(reader.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    charts = {
        (category.title, chart.title): list(chart.multiline.tag)
        for category in layout.category
        for chart in category.chart
    }

    for axis in ("epoch", "step"):
        drawn = {tag for tag in points for pattern in charts[axis, "loss"] if re.match(pattern, tag)}
        assert drawn == {f"{axis}/train/loss", f"{axis}/val/loss"}


def test_an_unfreeze_is_a_point_at_its_epoch(tmp_path, composed):
    plan = ["finetune=two_phase", "finetune.phases.1.at_epoch=1", "trainer.max_epochs=2"]
    train(composed(*plan, *QUICK, run_folder=tmp_path))
    assert curves(tmp_path)[0]["epoch/events/unfreeze"] == [(1, 1.0)]


def test_the_hparams_row_has_settings_best_score_and_best_epoch(tmp_path, composed):
    train(composed("trainer.max_epochs=2", *QUICK, run_folder=tmp_path))
    points, reader = curves(tmp_path)
    result = json.loads((tmp_path / "result.json").read_text())
    assert points["best_score"] == [(0, pytest.approx(result["best_score"]))]
    assert points["best_epoch"] == [(0, result["best_epoch"])]
    start = reader.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    settings = plugin_data_pb2.HParamsPluginData.FromString(start).session_start_info.hparams
    assert settings["trainer.max_epochs"].number_value == 2
    assert settings["optimizer.lr"].number_value == 0.002


def test_a_pattern_of_a_chart_matches_its_score_alone():

    pattern = overlaid({"train/loss", "val/loss", "val/loss_step", "lr/head"})["step"]["loss"][1][0]
    assert re.match(pattern, "step/val/loss")
    assert not re.match(pattern, "step/val/loss_step")
    assert not re.match(pattern, "epoch/val/loss")
