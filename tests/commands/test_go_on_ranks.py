"""A run that goes on with another number of processes: what is seen, by all of them together."""

from collections import Counter
from math import cos, pi
from pathlib import Path

import pytest

from tests.outcome import differences, outcome
from tests.ranks import run_ranks

SCRIPT = Path(__file__).parent / "go_on_ranks.py"
BASE = (
    "model.hidden_sizes=[32]",
    "data.max_train_samples=300",
    "data.batch_size=32",  # 10 steps an epoch by one process, 5 by two
    "trainer.max_epochs=4",
    "stopping=none",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "name=test",
)

pytestmark = pytest.mark.ranks


def life(folder, world_size, cut, *overrides, trainer="ddp"):
    ranks = [f"trainer={trainer}", f"trainer.devices={world_size}", "trainer.accelerator=cpu"] if world_size > 1 else []
    return run_ranks(SCRIPT, world_size, str(folder), str(cut), *BASE, *ranks, *overrides, "resume=auto")


@pytest.mark.parametrize(
    ("first", "cut", "then", "steps"),
    [(1, 14, 2, 5), (1, 13, 2, 5), (2, 8, 1, 10), (2, 8, 2, 5), (1, 21, 2, 5), (2, 11, 1, 10), (2, 8, 4, 3)],
)
def test_each_sample_is_seen_once_an_epoch_whatever_the_number_of_processes(
    tmp_path, monkeypatch, first, cut, then, steps
):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    check_lives([*life(tmp_path, first, cut), *life(tmp_path, then, 0)], steps)


@pytest.mark.parametrize(("first", "cut", "then", "steps"), [(2, 8, 1, 10), (2, 8, 4, 3), (1, 13, 2, 5)])
def test_each_sample_is_seen_once_an_epoch_where_the_network_is_spread(tmp_path, monkeypatch, first, cut, then, steps):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    spread = {"trainer": "fsdp"}
    check_lives([*life(tmp_path, first, cut, **spread), *life(tmp_path, then, 0, **spread)], steps)


def check_lives(lives, steps):
    epochs = []
    for epoch in "0123":
        epochs.append(Counter(sample for rank in lives for batch, _ in rank.get(epoch, []) for sample in batch))
        assert set(epochs[-1].values()) == {1}
        assert epochs[-1] == epochs[0]
        assert sum(epochs[-1].values()) == 300
    rates = [rate for _, rate in lives[-1]["3"]]
    assert len(rates) == steps
    # After a warm-up of an epoch half a cosine from 0.002, which ends with the run.
    assert rates[-1] == pytest.approx(0.001 * (1 + cos(pi * (3 * steps - 1) / (3 * steps))))


@pytest.mark.parametrize("change", ["trainer.gradient_clip_val=0.1", "trainer.accumulate_grad_batches=2"])
def test_two_processes_learn_the_same_by_any_number_of_steps_an_execution(tmp_path, change):
    found = {}
    for steps in ("1", "4", "auto"):
        life(tmp_path / steps, 2, 0, change, f"steps_per_execution={steps}")
        found[steps] = outcome(tmp_path / steps)
    assert differences(found["4"], found["1"]) == []
    assert differences(found["auto"], found["1"]) == []


def test_two_processes_go_on_within_an_epoch_as_if_they_had_not_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    whole = life(tmp_path / "whole", 2, 0)
    cut = [life(tmp_path / "cut", 2, 8), life(tmp_path / "cut", 2, 0)]
    for rank in range(2):
        steps = {epoch: cut[0][rank].get(epoch, []) + cut[1][rank].get(epoch, []) for epoch in "0123"}
        assert steps == whole[rank]
