import json

import pytest
import torch

from epochwise.callbacks.tail_average import tail_average
from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

QUICK = (
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~loggers.tensorboard",
    "name=test",
    "data.batch_size=256",
)


def averaged(weights, eta):
    average = weights[0]
    for count, weight in enumerate(weights[1:], start=1):
        average = tail_average(average, weight, count, eta)
    return float(average)


def test_without_eta_it_is_the_mean_of_all_steps():
    assert averaged(torch.tensor([1.0, 2.0, 6.0]), 0.0) == pytest.approx(3.0)


@pytest.mark.parametrize("num_steps", [100, 1000])
def test_it_is_as_old_in_proportion_however_many_steps_there_were(num_steps):
    steps = torch.arange(1, num_steps + 1, dtype=torch.float64)
    weights = (steps / num_steps) ** 8
    expected = float((weights * steps).sum() / weights.sum())  # a weight that is its own step: the mean step
    assert averaged(steps, 8.0) == pytest.approx(expected, rel=0.01)


def test_a_run_scores_the_average_and_goes_on_with_it_to_the_bit(tmp_path, composed):
    words = ("+callbacks=tail_average", "scheduler=inverse_sqrt", "stopping=none", *QUICK)
    train(composed(*words, "trainer.max_epochs=3", run_folder=tmp_path / "whole"))
    train(composed(*words, "trainer.max_epochs=2", run_folder=tmp_path / "cut"))
    train(composed(*words, "trainer.max_epochs=3", "resume=auto", run_folder=tmp_path / "cut"))
    rows, again = (read_epochs_csv(tmp_path / name / "epochs.csv") for name in ("whole", "cut"))
    assert [row["val/loss"] for row in again] == [row["val/loss"] for row in rows]
    last, best = (
        torch.load(tmp_path / "whole" / "checkpoints" / f"{name}.ckpt", weights_only=True) for name in ("last", "best")
    )
    assert best["epoch"] == 2
    assert int(last["averaging_state"]["n_averaged"]) == last["global_step"]
    name = "network.head.weight"
    assert not torch.equal(last["state_dict"][name], last["current_model_state"][name])
    assert json.loads((tmp_path / "whole" / "result.json").read_text())["test"]["accuracy"] > 0.5
