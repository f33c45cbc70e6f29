"""The rule itself is tests/epochs/test_levelling.py's; here is what a run makes of it."""

import json
import shutil

import numpy as np
import pytest
import torch

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.stopping.adaptive import Adaptive

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
BASE = ("data.batch_size=256", "model.hidden_sizes=[16]", "optimizer.lr=0.05", "stopping=adaptive", *QUICK)


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory, composed):
    """A run that levelled off and cooled down; for tests that only read, or copy it."""
    folder = tmp_path_factory.mktemp("adaptive") / "run"
    train(composed(*BASE, "trainer.max_epochs=60", run_folder=folder))
    return folder


def cooldown_of(folder):
    """The epochs in which the rate is below its peak, after the warm-up, and the rates of all."""
    rates = [row["lr"] for row in read_epochs_csv(folder / "epochs.csv")]
    return [epoch for epoch, rate in enumerate(rates) if epoch > 1 and rate < max(rates) * 0.999], rates


def test_a_run_cools_down_over_half_the_epochs_so_far_when_its_score_has_levelled_off_and_ends(finished):
    result = result_of(finished)
    cooled, rates = cooldown_of(finished)
    assert result["status"] == "stopped_early"
    begun = result["epochs_run"] - len(cooled)
    assert 7 <= begun < 40
    assert cooled == list(range(begun, result["epochs_run"]))
    assert abs(len(cooled) - begun / 2) <= 1
    assert rates[-1] < max(rates) / 10
    events = [row["events"] for row in read_epochs_csv(finished / "epochs.csv")]
    assert (events[begun], events[-1], set(events)) == ("cooldown", "stop", {None, "cooldown", "stop"})
    said = f"val/loss had levelled off by epoch {begun - 1} (gained "
    assert result["reason"].startswith(said)
    assert result["reason"].endswith(f"cooled down from epoch {begun} to {result['epochs_run'] - 1}")


def test_the_cooled_weights_are_better_than_those_before(finished):
    result = result_of(finished)
    cooled, _ = cooldown_of(finished)
    assert result["best_epoch"] in cooled
    assert result["tested_epoch"] == result["best_epoch"]


def test_a_score_that_has_not_levelled_off_cools_down_in_time_for_the_bound(tmp_path, composed):
    train(composed(*BASE, "optimizer.lr=1e-4", "trainer.max_epochs=15", run_folder=tmp_path))
    assert result_of(tmp_path)["status"] == "completed"
    assert cooldown_of(tmp_path)[0] == [10, 11, 12, 13, 14]


@pytest.mark.long
@pytest.mark.parametrize("at", ["before", "inside"])
def test_a_run_cut_off_before_or_inside_the_cool_down_ends_as_one_that_was_not(tmp_path, composed, finished, at):
    rows = read_epochs_csv(finished / "epochs.csv")
    cooled, _ = cooldown_of(finished)
    cut = cooled[0] - 3 if at == "before" else cooled[2]
    words = (*BASE, "trainer.max_epochs=60", f"+trainer.max_steps={rows[cut]['step']}")
    train(composed(*words, run_folder=tmp_path))
    train(composed(*BASE, "trainer.max_epochs=60", "+trainer.max_steps=-1", "resume=auto", run_folder=tmp_path))
    again = read_epochs_csv(tmp_path / "epochs.csv")
    for name in ("lr", "val/loss", "train/loss"):
        assert [row[name] for row in again] == [row[name] for row in rows]
    assert result_of(tmp_path)["reason"] == result_of(finished)["reason"]


@pytest.mark.long
def test_a_finished_run_is_extended_from_before_its_cool_down(tmp_path, composed, finished):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    before = read_epochs_csv(folder / "epochs.csv")
    begun = cooldown_of(folder)[0][0]
    longer = (*BASE, "trainer.max_epochs=70", "resume=auto")
    with pytest.raises(InputError) as asked:
        train(composed(*longer, run_folder=folder))
    assert any("from before its cool-down" in line for line in asked.value.lines)
    assert read_epochs_csv(folder / "epochs.csv") == before

    train(composed(*longer, "extend=stretch", run_folder=folder))
    rows = read_epochs_csv(folder / "epochs.csv")
    assert rows[:begun] == before[:begun]
    assert rows[begun]["lr"] == rows[begun - 1]["lr"]  # nothing climbs: it had not fallen
    again = cooldown_of(folder)[0]
    assert again[0] >= begun + 7 or again[0] == 46  # judged anew, on epochs of its own
    assert len(rows) > len(before)
    best = torch.load(folder / "checkpoints/best.ckpt", weights_only=True)
    assert best["epoch"] == result_of(folder)["best_epoch"]


def test_a_run_that_is_asked_for_again_has_nothing_left_to_do(tmp_path, composed, finished):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    train(composed(*BASE, "trainer.max_epochs=60", "resume=auto", run_folder=folder))
    assert result_of(folder)["reason"] == result_of(finished)["reason"]
    assert result_of(folder)["epochs_run"] == result_of(finished)["epochs_run"]


def test_a_schedule_that_cannot_cool_down_is_refused_before_the_first_step(tmp_path, composed):
    with pytest.raises(InputError, match="scheduler: got Cosine, allowed with stopping=adaptive: wsd"):
        train(composed(*BASE, "scheduler=cosine", run_folder=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_what_begins_anew_is_judged_on_scores_of_its_own_and_calls_a_cool_down_off():
    stopping = Adaptive("val/loss", "min")
    stopping.scores = dict(enumerate(np.ones(20)))
    stopping.cooldown_epoch, stopping.found, stopping.reason = 12, "levelled off", "cooled down"
    stopping.begin_anew(15)
    assert (stopping.cooldown_epoch, stopping.reason, stopping.anew_epoch) == (None, None, 15)
    again = Adaptive("val/loss", "min")
    again.load_state_dict(stopping.state_dict())
    assert again.state_dict() == stopping.state_dict()


@pytest.mark.parametrize(
    ("table", "metric", "least"),
    [
        (["data.path=wine"], "accuracy", 0.9),
        (["data.path=diabetes", "data.kind=number", "task=regression"], "r2", 0.1),
    ],
)
def test_a_table_of_which_five_or_ten_epochs_are_enough_takes_no_twenty(tmp_path, composed, table, metric, least):
    bare = ("~callbacks.train_eval", "~callbacks.gradient_norm", "~callbacks.last_checkpoint", "~loggers.tensorboard")
    words = ("data=table", "stopping=adaptive", "trainer.max_epochs=80", *table, *bare, *QUICK)
    without = [word for word in words if word != "~callbacks.confusion_matrix" or metric == "accuracy"]
    train(composed(*without, run_folder=tmp_path))
    result = result_of(tmp_path)
    assert result["epochs_run"] < 20  # benchmarks/adaptive_tables.py has the grid that these are held against
    assert result["test"][metric] > least
