import pytest
import torch
from torch import nn
from torchmetrics import MeanSquaredError

from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.task.own import Own


def test_any_loss_and_any_metrics_are_measured():
    task = Own(nn.Identity(), None, None, loss=nn.L1Loss(), scores={"mse": MeanSquaredError()})
    for x in (torch.ones(2, 3), torch.full((1, 3), 4.0)):
        task.measure("val", (x, torch.zeros_like(x)))
    found = {name: float(value) for name, value in task.meters["val"].compute().items()}
    assert found == {"loss": 2.0, "mse": 6.0}


def test_what_is_no_metric_is_refused():
    with pytest.raises(ValueError, match=r"scores\.mse: got L1Loss, allowed: a metric of torchmetrics"):
        Own(nn.Identity(), None, None, loss=nn.L1Loss(), scores={"mse": nn.L1Loss()})


def test_a_score_of_ones_own_task_can_be_the_monitor_in_its_direction(composed):
    own = ["task=own", "task.loss._target_=torch.nn.CrossEntropyLoss"]
    score = ["+task.scores.mse._target_=torchmetrics.MeanSquaredError", "monitor=val/mse"]
    check(composed(*own, *score, "name=test"), "train")
    with pytest.raises(InputError, match=r"val/mse is better when smaller: mode=min"):
        check(composed(*own, *score, "mode=max", "name=test"), "train")
    with pytest.raises(InputError, match=r"val/mze.*never logged.*val/mse"):
        check(composed(*own, score[0], "monitor=val/mze", "name=test"), "train")
