"""Runs on shards: their plan, and going on within an epoch."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.shards.__main__ import made

from tests.power_cut import cut_in_batch

QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "~callbacks.train_eval", "name=test")
QUICK += ("trainer.max_epochs=4", "data.batch_size=16", "~loggers.tensorboard", "model.hidden_sizes=[8]")


@pytest.fixture
def shards(tmp_path):
    """300 rows of two classes, 210 of them to train on."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 4))
    frame = pd.DataFrame(rows, columns=list("abcd")).assign(t=np.where(rows[:, 0] > 0, "yes", "no"))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    made(str(tmp_path / "rows.csv"), str(tmp_path / "shards"), ["target=t", "shard_mb=0.001"])
    return f"data.path={tmp_path / 'shards'}"


def weights(folder):
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


def test_the_plan_says_what_an_epoch_is(shards, tmp_path, composed, capsys):
    train(composed("data=stream", shards, "data.samples_per_epoch=96", *QUICK, run_folder=tmp_path / "run"))
    said = capsys.readouterr().out
    assert "96 samples, the next of passes over 210 samples, each 2.188 epochs long, in 6 batches" in said
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert (result["steps"], result["plan"]["samples_per_epoch"]) == (24, 96)


@pytest.mark.long
@pytest.mark.parametrize("of_an_epoch", [[], ["data.samples_per_epoch=96"], ["data.window=64"]])
def test_a_run_that_was_cut_off_goes_on_to_the_bit(shards, tmp_path, composed, of_an_epoch):
    words = ["data=stream", shards, *of_an_epoch, *QUICK, "callbacks.last_checkpoint.every_n_steps=3"]
    train(composed(*words, run_folder=tmp_path / "whole"))
    with cut_in_batch(17):
        train(composed(*words, run_folder=tmp_path / "cut"))
    train(composed(*words, "resume=auto", run_folder=tmp_path / "cut"))
    assert [row["events"] for row in read_epochs_csv(tmp_path / "cut/epochs.csv")].count("resume") == 1
    ours, theirs = weights(tmp_path / "cut"), weights(tmp_path / "whole")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_file_made_of_features_is_scored_on_a_table_and_one_made_of_cells_is_refused_by_a_stream(
    shards, tmp_path, composed
):
    table = ["data=table", f"data.path={tmp_path / 'rows.csv'}", "data.target=t"]
    for name, data in (("stream", ["data=stream", shards]), ("table", table)):
        train(composed(*data, *QUICK, "trainer.max_epochs=1", run_folder=tmp_path / name))
        evaluate(composed(f"run={tmp_path / name}", "export=torch_export", root="evaluate"), tells=False)

    def scored(run, *words):
        file = [f"exported={tmp_path / run}/exports/best.pt2", "trust=torch.export.load"]
        return evaluate(composed("run=null", *file, *words, root="evaluate"), tells=False)

    whole = evaluate(composed(f"run={tmp_path / 'stream'}", *table, "split=all", root="evaluate"), tells=False)
    assert scored("stream", *table, "split=all") == pytest.approx(whole, abs=1e-5)
    takes = (
        r"^exported: the file takes float64 \(batch, 4\), the columns of a row, .*; Stream gives float32 \(batch, 4\)$"
    )
    with pytest.raises(InputError, match=takes):
        scored("table", "data=stream", shards)
