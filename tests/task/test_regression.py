import pytest
import torch
from torch import nn

from epochwise.task.regression import Regression


def test_the_network_sees_standardised_targets_and_predicts_in_their_unit():
    task = Regression(nn.Identity(), None, None, target="number", target_mean=100.0, target_std=50.0)
    output = torch.tensor([[0.0], [1.0]])
    assert task.predict(output).tolist() == [100.0, 150.0]
    assert task.compute_loss(output, torch.tensor([100.0, 150.0])) == 0.0
    assert task.compute_loss(output, torch.tensor([150.0, 150.0])) == 0.5


def test_targets_that_are_classes_are_refused():
    with pytest.raises(ValueError, match="are classes; use task=classification"):
        Regression(nn.Identity(), None, None, target="class")


def test_guessing_the_mean_scores_one_standard_deviation():
    task = Regression(nn.Identity(), None, None, target="number", target_mean=4.0, target_std=5.0**0.5)
    y = torch.tensor([1.0, 3.0, 5.0, 7.0])
    references = task.reference_scores()
    assert references["loss"] == pytest.approx((float(task.compute_loss(torch.zeros(4, 1), y)), 0.0))
    assert references["rmse"][0] == pytest.approx(5.0**0.5)
