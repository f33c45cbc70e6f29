import torch
from torch import nn

from epochwise.task.optimized import decay_groups


def test_weights_are_decayed_and_biases_and_norms_are_not():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 3))
    decay, no_decay = decay_groups(net)
    assert [id(p) for p in decay["params"]] == [id(net[0].weight), id(net[3].weight)]
    assert len(no_decay["params"]) == 4
    assert no_decay["weight_decay"] == 0.0


def test_every_parameter_stands_in_one_group_frozen_ones_too():
    net = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))
    net[0].requires_grad_(False)
    grouped = [id(p) for group in decay_groups(net) for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in net.parameters())


def test_decay_shrinks_weights_alone():
    net = nn.Linear(2, 2)
    nn.init.ones_(net.weight)
    nn.init.ones_(net.bias)
    optimizer = torch.optim.SGD(decay_groups(net), lr=1.0, weight_decay=0.5)
    net.weight.grad, net.bias.grad = torch.zeros(2, 2), torch.zeros(2)
    optimizer.step()
    assert net.weight.eq(0.5).all()
    assert net.bias.eq(1.0).all()


def test_a_network_without_biases_has_one_group():
    assert [group["name"] for group in decay_groups(nn.Linear(2, 2, bias=False))] == ["decay"]
