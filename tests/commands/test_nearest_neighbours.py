from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.data import StackDataset

from epochwise.commands.run_result import neighbours_score
from epochwise.task.classification import Classification
from epochwise.task.regression import Regression


class Data:
    """Splits that need no scaling."""

    def __init__(self, x, y):
        half = len(x) // 2
        self.splits = {"train": StackDataset(x[:half], y[:half]), "val": StackDataset(x[half:], y[half:])}

    @staticmethod
    def on_after_batch_transfer(x):
        return x


def classes(num=2, **given):
    made = partial(torch.optim.SGD, lr=0.1)
    return Classification(nn.Identity(), made, torch.optim.lr_scheduler.ConstantLR, [10] * num, **given)


def normal(apart, count=1600):
    """Two classes whose means are so many standard deviations apart, on the first of two axes."""
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(count) % 2
    return Data(torch.randn(count, 2, generator=draw) + apart * torch.stack([y, 0 * y], dim=1), y)


@pytest.mark.parametrize(("apart", "bayes"), [(1.0, 0.69), (2.0, 0.84), (8.0, 1.0)])
def test_neighbours_come_close_to_the_best_of_all_classifiers(apart, bayes):
    assert neighbours_score(normal(apart), classes(), "val/accuracy") == pytest.approx(bayes, abs=0.04)


def test_their_loss_is_that_of_the_task():
    assert neighbours_score(normal(8.0), classes(), "val/loss") < 0.02
    assert 0.55 < neighbours_score(normal(1.0), classes(), "val/loss") < 0.64  # 0.59 with all that can be known
    assert neighbours_score(normal(8.0), classes(label_smoothing=0.1), "val/loss") > 0.19


def test_numbers_are_answered_with_the_mean_of_the_neighbours_in_the_unit_of_the_score():
    x = torch.linspace(-1, 1, 400)[torch.randperm(400, generator=torch.Generator().manual_seed(0))]
    made = partial(torch.optim.SGD, lr=0.1)
    task = Regression(nn.Identity(), made, torch.optim.lr_scheduler.ConstantLR, "number", 100.0, 50.0)
    data = Data(x[:, None], 100 + 50 * x)
    assert neighbours_score(data, task, "val/loss") < 0.001
    assert neighbours_score(data, task, "val/rmse") < 1
    assert neighbours_score(data, task, "val/r2") > 0.99


def test_what_was_measured_of_the_run_stays():
    task = classes()
    task.meters["val"].update(torch.tensor(1.0), torch.tensor([0, 1]), torch.tensor([0, 0]), 2)
    neighbours_score(normal(8.0), task, "val/accuracy")
    assert float(task.meters["val"].compute()["accuracy"]) == 0.5


def test_where_data_or_task_do_not_say_there_is_no_score():
    task = classes()
    assert neighbours_score(normal(1.0), task, "train/loss") is None
    assert neighbours_score(normal(1.0), task, "val/unknown") is None
    assert neighbours_score(normal(1.0, count=40), task, "val/loss") is None  # 20 to train on
    assert neighbours_score(object(), task, "val/loss") is None
    assert neighbours_score(normal(1.0), object(), "val/loss") is None
    wide = Data(torch.zeros(100, 500_000, dtype=torch.uint8), torch.zeros(100, dtype=torch.int64))
    assert neighbours_score(wide, task, "val/loss") is None


def test_no_token_is_near_another_by_its_number():
    data = normal(1.0)
    data.splits = {
        name: StackDataset(torch.randint(1, 9, (40, length)), torch.randint(0, 2, (40,)))
        for name, length in (("train", 5), ("val", 7))
    }
    assert neighbours_score(data, classes(), "val/loss") is None
