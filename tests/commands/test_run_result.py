"""Real runs whose truth is known by construction; benchmarks/real_verdicts.py has more of them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs

from epochwise.commands.train import train

WORDS = ["stopping=none", "~callbacks.model_summary", "~callbacks.gradient_norm", "~loggers.tensorboard"]
FREE = ["model.dropout=0", "optimizer.weight_decay=0", "task.label_smoothing=0"]


@pytest.fixture
def result_of(composed, tmp_path):
    def run(*words):
        train(composed(*WORDS, *words, run_folder=tmp_path / "run"))
        return json.loads((tmp_path / "run" / "result.json").read_text())

    return run


@pytest.mark.long
@pytest.mark.parametrize("rate", ["none", "cosine"])
def test_classes_that_overlap_are_not_called_underfitting_once_nearest_neighbours_were_asked(result_of, tmp_path, rate):
    x, y = make_blobs(600, centers=[[0, 0], [1, 0]], random_state=0)  # the best of all classifiers gets 0.69 right
    pd.DataFrame(x, columns=["a", "b"]).assign(target=np.where(y, "yes", "no")).to_csv(tmp_path / "two.csv")
    words = [f"data.path={tmp_path / 'two.csv'}", "data.ignore_columns=['Unnamed: 0']", "model.hidden_sizes=[4]"]
    found = result_of("data=table", *words, *FREE, f"scheduler={rate}", "trainer.max_epochs=24", "optimizer.lr=1e-2")
    assert found["verdict"]["label"] != "underfitting"
    assert found["neighbours"] is None or abs(found["neighbours"] - found["best_score"]) < 0.1


@pytest.mark.long
def test_a_network_of_one_unit_underfits_where_nearest_neighbours_go_further(result_of):
    words = ["model.hidden_sizes=[1]", "model.dropout=0", "data.max_train_samples=300", "data.batch_size=16"]
    found = result_of(*words, "trainer.max_epochs=30", "optimizer.lr=1e-2")
    assert found["verdict"]["label"] == "underfitting"
    assert found["verdict"]["reason"].endswith("nearest neighbours go further")
    assert found["neighbours"] < found["best_score"] - 0.5


def test_sixty_rows_known_by_heart_ask_for_more_rows(result_of):
    few = ["data=table", "data.max_train_samples=60", "model.hidden_sizes=[256,256]"]
    found = result_of(*few, *FREE, "trainer.max_epochs=40")
    assert found["verdict"]["label"] == "overfitting"
    assert "seed" not in found["verdict"]["advice"][0]["override"]


def test_a_run_whose_schedule_ended_gives_a_least_count_and_the_command_that_settles_it(result_of, tmp_path, capsys):
    found = result_of("trainer.max_epochs=9", "data.max_train_samples=300", "model.hidden_sizes=[64]")
    count = found["recommended_epochs"]
    assert (count["value"], count["low"], count["high"], count["at_least"]) == (9, 9, 9, True)
    assert found["schedule_end"]["ended"] and found["schedule_end"]["rate_at_end"] < 0.1
    assert found["verdict"]["label"] == "still_improving"
    out = capsys.readouterr().out
    assert " next time  at least 9 epochs: its schedule ended\n" in out
    assert f"       try  python epochs.py run={tmp_path / 'run'}   # settles it: " in out
