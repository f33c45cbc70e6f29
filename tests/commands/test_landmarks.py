import numpy as np
import pytest
import torch
from torch import nn

from epochwise.commands.run_text import landmarks
from epochwise.scheduler.cosine import Cosine
from epochwise.scheduler.step import Step


def rates(schedule, num, every=1):
    found = []
    for _ in range(num):
        found.append(schedule.get_last_lr()[0])
        schedule.optimizer.step()
        schedule.step()
    return np.array(found)


def optimizer(lr=1.0):
    return torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=lr)


def test_a_cosine_has_the_end_of_its_warm_up_and_its_end():
    lr = rates(Cosine(optimizer(), max_epochs=10, steps_per_epoch=20, warmup_epochs=1.5), 200)
    warm_up, end = landmarks(lr, 20, 20)
    assert (warm_up.name, warm_up.epoch, warm_up.step, warm_up.lr) == ("end of warm-up", 1.5, 30, 1.0)
    assert (end.name, end.epoch, end.step) == ("end", 10, 200)
    assert end.lr == pytest.approx(0, abs=1e-3)


def test_steps_are_drops():
    lr = rates(Step(optimizer(), max_epochs=20), 20)
    found = landmarks(lr, 1, steps_per_epoch=7)
    assert [(mark.name, mark.epoch, mark.step) for mark in found] == [
        ("drop", 10, 70),
        ("drop", 15, 105),
        ("end", 20, 140),
    ]
    assert [mark.lr for mark in found] == pytest.approx([0.1, 0.01, 0.01])


def test_a_constant_rate_has_an_end_alone():
    assert [mark.name for mark in landmarks(np.full(8, 0.1), 1, 3)] == ["end"]
    assert landmarks(np.array([]), 1, 3) == []


@pytest.mark.parametrize("shape", [np.sqrt, np.square, lambda progress: progress])
def test_the_start_of_a_cool_down_is_found_whatever_its_shape(shape):
    lr = np.concatenate([[0.5], np.ones(60), 1 - shape(np.arange(1, 40) / 40)])
    (rise, cooldown, end) = landmarks(lr, 10, 100)
    assert (rise.name, cooldown.name, end.name) == ("end of warm-up", "start of cool-down", "end")
    assert (cooldown.epoch, cooldown.step, cooldown.lr) == (6.0, 600, 1.0)
