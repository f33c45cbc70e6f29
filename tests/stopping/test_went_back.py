"""A run whose score has turned: it goes back to its best epoch, and cools down from there."""

import json
import shutil
from copy import deepcopy

import numpy as np
import pytest
import torch

from epochwise.commands.train import train
from epochwise.run.checkpoints import load_earlier_weights
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.stopping import adaptive
from epochwise.stopping.adaptive import Adaptive

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


#: Labels that are mostly wrong: the score turns after a few epochs.
TURNS = (
    *("data.max_train_samples=100", "data.label_noise=0.6", "data.batch_size=16", "model.hidden_sizes=[64]"),
    *(
        "model.dropout=0",
        "optimizer.lr=0.01",
        "stopping=adaptive",
        "trainer.max_epochs=40",
        "~loggers.tensorboard",
        *QUICK,
    ),
)


@pytest.fixture(scope="module")
def turned(tmp_path_factory, composed):
    """A run whose score turned; for tests that only read, or copy it."""
    folder = tmp_path_factory.mktemp("turned") / "run"
    train(composed(*TURNS, run_folder=folder))
    return folder


def back_of(folder):
    """The epoch with which the cool-down began, the epoch that the run went back to, and all rows."""
    rows = read_epochs_csv(folder / "epochs.csv")
    found = [(row["epoch"], row["events"]) for row in rows if "back_to_" in str(row["events"])]
    ((begun, events),) = found
    back = next(event for event in events.split() if event.startswith("back_to_"))
    assert "cooldown" in events.split()
    return begun, int(back.removeprefix("back_to_")), rows


def test_where_the_score_has_turned_the_run_goes_back_to_its_best_epoch_and_cools_down_from_there(turned):
    begun, back, rows = back_of(turned)
    result, full_rate = result_of(turned), [row["val/loss"] for row in rows[:begun]]
    assert back == int(np.argmin(full_rate)) < begun / 2
    assert 7 <= begun < 16
    assert len(rows) == begun + -(-(back + 1) // 2)  # half as many as made the weights
    assert result["recommended_epochs"]["high"] <= len(rows) - begun + back + 1  # that many made the weights
    assert result["epochs_run"] == len(rows)  # all that were trained, those that it went back behind too
    said = f"val/loss had turned by epoch {begun - 1} (lost "
    assert result["reason"].startswith(said)
    end = f", and the run went back to epoch {back}; cooled down from epoch {begun} to {len(rows) - 1}"
    assert result["reason"].endswith(end)
    assert rows[begun]["train_eval/loss"] > rows[begun - 1]["train_eval/loss"]  # the weights had learned less then
    assert rows[begun]["val/loss"] < rows[begun - 1]["val/loss"]


class SeenError(Exception):
    """Raised once there is nothing more to look at."""


def test_what_comes_back_is_weights_and_moments_and_never_the_rates(tmp_path, composed, monkeypatch):
    seen = []

    def load(trainer, pl_module, checkpoint):
        pl_module.optimizers().param_groups[0]["weight_decay"] = 0.5  # other than the checkpoint's
        load_earlier_weights(trainer, pl_module, checkpoint)
        groups, state = trainer.optimizers[0].param_groups, trainer.optimizers[0].state_dict()["state"]
        seen.append((pl_module.state_dict(), deepcopy(state), groups[0]["weight_decay"], checkpoint))
        raise SeenError

    monkeypatch.setattr(adaptive, "load_earlier_weights", load)
    with pytest.raises(SeenError):
        train(composed(*TURNS, "+callbacks=ema", "callbacks.ema.decay=0.5", run_folder=tmp_path))
    ((weights, moments, decay, checkpoint),) = seen
    kept = torch.load(tmp_path / "checkpoints/before_cooldown/best.ckpt", weights_only=True)
    assert checkpoint["epoch"] == kept["epoch"]
    for name, weight in weights.items():
        assert torch.equal(weight, kept["current_model_state"][name])  # of the network, and not of its average
    assert decay == 0.5
    for index, of_one in kept["optimizer_states"][0]["state"].items():
        assert all(torch.equal(of_one[name], moments[index][name]) for name in of_one)


@pytest.mark.long
@pytest.mark.parametrize("at", ["before", "back", "inside"])
def test_a_run_cut_off_before_or_behind_its_way_back_ends_as_one_that_was_not(tmp_path, composed, turned, at):
    folder, (begun, _, rows), bound = tmp_path / "run", back_of(turned), ["+trainer.max_steps=-1"]
    if at == "back":  # killed when the first cooled epoch had its best.ckpt, and not yet its last.ckpt
        shutil.copytree(turned, folder)
        bound = []  # it had none
        shutil.copy(folder / "checkpoints/last.ckpt", folder / "checkpoints/best.ckpt")
        shutil.copy(folder / "checkpoints/before_cooldown/last.ckpt", folder / "checkpoints/last.ckpt")
    else:
        cut = rows[begun - 2]["step"] if at == "before" else rows[begun]["step"] - 2
        train(composed(*TURNS, f"+trainer.max_steps={cut}", run_folder=folder))
    train(composed(*TURNS, *bound, "resume=auto", run_folder=folder))
    again = back_of(folder)[2]
    for name in ("lr", "val/loss", "train/loss"):
        assert [row[name] for row in again] == [row[name] for row in rows]
    assert result_of(folder)["reason"] == result_of(turned)["reason"]
    ends = (torch.load(each / "checkpoints/last.ckpt", weights_only=True)["state_dict"] for each in (folder, turned))
    assert all(map(torch.equal, *(end.values() for end in ends)))


def test_a_run_that_had_turned_and_is_given_more_epochs_holds_them_against_its_best(tmp_path, composed, turned):
    folder = tmp_path / "run"
    shutil.copytree(turned, folder)
    begun, back, _ = back_of(folder)
    train(composed(*TURNS, "trainer.max_epochs=50", "resume=auto", "extend=stretch", run_folder=folder))
    later, again, rows = back_of(folder)
    assert again == back
    assert begun < later < begun + 7  # and not judged as if nothing had been seen
    assert rows[begun]["lr"] == rows[begun - 1]["lr"]


def test_without_a_checkpoint_to_go_back_to_the_cool_down_begins_where_it_is(tmp_path, composed, turned):
    train(composed(*TURNS, "~callbacks.best_checkpoint", run_folder=tmp_path))
    rows, (begun, _, whole) = read_epochs_csv(tmp_path / "epochs.csv"), back_of(turned)
    assert [row["val/loss"] for row in rows[:begun]] == [row["val/loss"] for row in whole[:begun]]
    assert rows[begun]["events"] == "cooldown"
    reason = result_of(tmp_path)["reason"]
    assert "back" not in reason
    assert len(rows) < begun + -(-begun // 2)  # of weights that have turned it is to no purpose
    assert reason.endswith(f"cooled down from epoch {begun} to {len(rows) - 1}, where it had only become worse")


@pytest.mark.parametrize(
    ("mode", "cooled", "worse"),
    [
        ("min", [1.1, 1.1, 1.1], False),
        ("min", [1.5, 1.5], False),
        ("min", [1.5, 1.5, 1.5], True),
        ("min", [1.5, 1.5, 1.5, 1.3], False),
        ("max", [0.5, 0.5, 0.5], True),
    ],
)
def test_a_cool_down_is_cut_short_when_three_scores_in_a_row_are_far_worse_than_the_best(mode, cooled, worse):
    stopping = Adaptive("val/loss", mode)
    stopping.scores = dict(enumerate([0.0 if mode == "min" else 2.0, 1.0, 1.1, *cooled]))
    stopping.anew_epoch, stopping.cooldown_epoch, stopping.noise = 1, 3, 0.1  # the first score is not its own
    assert stopping._is_worse() is worse
