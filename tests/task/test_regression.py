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


def test_several_numbers_are_standardised_each_by_its_own():
    task = Regression(nn.Identity(), None, None, "number", target_mean=[10.0, 0.0], target_std=[2.0, 5.0])
    y = torch.tensor([[12.0, 5.0], [8.0, -5.0]])
    output = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
    assert task.compute_loss(output, y) == 0.0
    assert task.predict(output).tolist() == y.tolist()
    assert task.mean_output(y.unsqueeze(0)).tolist() == [[0.0, 0.0]]
    assert task.output_shape(y) == (2, 2)
    assert not task.state_dict()


def test_scores_of_several_numbers_are_those_of_scikit_learn():
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    task = Regression(nn.Identity(), None, None, "number", target_mean=[0.0, 0.0], target_std=[1.0, 1.0])
    output, y = torch.randn(20, 2), torch.randn(20, 2)
    for rows in (slice(0, 7), slice(7, 20)):
        task.measure("val", (output[rows], y[rows]))
    found = task.meters["val"].compute()
    assert float(found["mae"]) == pytest.approx(mean_absolute_error(y, output), abs=1e-6)
    assert float(found["rmse"]) == pytest.approx(mean_squared_error(y, output) ** 0.5, abs=1e-6)
    assert float(found["r2"]) == pytest.approx(r2_score(y, output), abs=1e-5)


def test_one_number_a_row_of_its_own_is_one_number():
    task = Regression(nn.Identity(), None, None, "number", target_mean=1.0, target_std=2.0)
    output, y = torch.randn(4, 1), torch.randn(4)
    assert task.compute_loss(output, y[:, None]) == task.compute_loss(output, y)
    assert task.scored(task.predict(output), y[:, None])[1].shape == (4,)
