from pathlib import Path

import pytest
import torch
from torch import nn

from epochwise.task.supervised import Supervised

from tests.ranks import run_ranks

SCRIPT = Path(__file__).with_name("two_ranks.py")


@pytest.fixture(scope="module")
def runs():
    return run_ranks(SCRIPT, 1), run_ranks(SCRIPT, 2)


@pytest.mark.ranks
@pytest.mark.parametrize("num_test", ["5", "33", "101", "499"])
def test_two_ranks_train_and_score_as_one_process_does(runs, num_test):
    (alone,), together = runs
    expected = dict(alone[num_test])
    weights = torch.tensor(expected.pop("weights"))
    assert expected.keys() >= {"train/loss", "val/accuracy", "test/accuracy", "test/f1"}
    for rank in together:
        scores = dict(rank[num_test])
        assert (torch.tensor(scores.pop("weights")) - weights).abs().max() < 1e-6
        assert scores == pytest.approx(expected, abs=1e-6)


def test_a_task_without_a_loss_says_so():
    from epochwise.task.supervised import Supervised

    class Mine(Supervised):
        pass

    task = Mine(nn.Linear(1, 1), None, None, {})
    with pytest.raises(TypeError, match="Mine needs a compute_loss of its own"):
        task.compute_loss(torch.zeros(1, 1), torch.zeros(1))


def test_several_targets_count_their_samples_and_not_themselves():
    task = Supervised(nn.Identity(), None, None, {})
    assert task.count({"a": torch.zeros(7, 2), "b": torch.zeros(7)}) == 7
    assert task.count([torch.zeros(5), torch.zeros(5, 3)]) == 5
