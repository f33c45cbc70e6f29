import torch
from torch import nn

from epochwise.callbacks.learning_rate_monitor import learning_rates


def test_groups_with_one_rate_are_one_curve():
    assert learning_rates([{"name": "decay", "lr": 0.1}, {"name": "no_decay", "lr": 0.1}]) == {"lr": 0.1}


def test_groups_that_differ_are_a_curve_each_by_name():
    assert learning_rates([{"name": "head", "lr": 0.1}, {"lr": 0.01}]) == {"lr/head": 0.1, "lr/1": 0.01}


def test_stages_are_a_curve_each_that_is_0_while_they_are_frozen():
    frozen, trained = (nn.Parameter(torch.zeros(1), requires_grad=trains) for trains in (False, True))
    groups = [{"part": "stem", "lr": 0.1, "params": [frozen]}, {"part": "head", "lr": 0.1, "params": [trained]}]
    assert learning_rates(groups) == {"lr/stem": 0.0, "lr/head": 0.1}
    assert learning_rates(groups[1:]) == {"lr/head": 0.1}
