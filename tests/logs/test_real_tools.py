"""Every log in ``written`` was written by the tool itself (``writers``); ``best.csv`` has what that tool calls best."""

import csv
import gzip
from pathlib import Path

import pytest

from epochwise.report.answers import best_epoch
from epochwise.report.read_runs import read_runs
from epochwise.report.run_columns import best_of, source_of

WRITTEN = Path(__file__).parent / "written"
with open(WRITTEN / "best.csv", encoding="utf-8", newline="") as file:
    BEST = list(csv.DictReader(file))

TOOLS = {
    "catboost": {"CatBoost", "XGBoost", "LightGBM"},  # its evals_result_ as JSON looks like theirs
    "fastai": {"fastai"},
    "keras": {"Keras", "TensorBoard"},
    "lightgbm": {"LightGBM"},
    "lightning": {"Lightning", "TensorBoard"},
    "scikit-learn": {"scikit-learn"},
    "skorch": {"skorch"},
    "timm": {"timm"},
    "transformers": {"Hugging Face Trainer"},
    "trl": {"TRL"},
    "ultralytics": {"Ultralytics YOLO"},
    "xgboost-cpu": {"XGBoost"},
}
#: A tool that stopped by ``min_delta`` keeps the last round that was better by so much; the table has a lower one.
BY_MIN_DELTA = ("lightgbm/min_delta.json",)
#: mmengine compares the loss of an epoch, and writes a mean that still has losses of the epochs before in it.
SMOOTHED = ("mmengine/loss.json",)


@pytest.mark.parametrize("row", BEST, ids=[row["file"] for row in BEST])
def test_the_best_epoch_is_what_the_tool_itself_calls_best(row, tmp_path):
    path = WRITTEN / row["file"]
    if path.suffix == ".gz":
        (tmp_path / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        path = tmp_path / path.stem
    runs = read_runs([path], monitor=row["score_name"], left_out=[])
    run = next((run for run in runs[::-1] if len(run.rows) == int(row["epochs"])), runs[-1])
    source = source_of(run)
    assert source["num_epochs"] == int(row["epochs"])
    assert run.mode == row["mode"]
    assert source["tool"] in TOOLS.get(row["tool"], {source["tool"]})
    found = best_epoch(best_of(run)["epoch"], source)
    if row["file"] in BY_MIN_DELTA:
        assert best_of(run)[run.monitor] < float(row["score"])
    elif row["file"] in SMOOTHED:
        assert any("val/loss is smoothed there" in note for note in run.notes)
    else:
        assert found == int(row["best_epoch"])
        assert not row["score"] or best_of(run)[run.monitor] == pytest.approx(float(row["score"]), rel=1e-5)


@pytest.mark.parametrize(
    "path", [path for path in sorted(WRITTEN.iterdir()) if path.is_dir()], ids=lambda path: path.name
)
def test_a_folder_of_logs_is_read_whole(path):
    left_out = []
    assert read_runs([path], left_out=left_out)
    assert left_out == []
