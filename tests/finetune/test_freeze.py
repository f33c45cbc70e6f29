import torch
from torch import nn

from epochwise.finetune.applied_plan import freeze, frozen_modules
from epochwise.model.small_resnet import SmallResNet
from epochwise.model.stages import stages


def head_only(network):
    freeze(network, set(stages(network)["head"]))
    for module in frozen_modules(network):
        module.training = False


def test_what_is_named_trains_and_nothing_else_does():
    network = nn.Linear(2, 1)
    freeze(network, {"weight"})
    assert [parameter.requires_grad for parameter in network.parameters()] == [True, False]


def test_what_is_frozen_again_is_moved_by_neither_momentum_nor_decay():
    network = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    network(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    freeze(network, {"bias"})
    before = network.weight.detach().clone()
    optimizer.step()
    assert torch.equal(network.weight, before)


def test_a_frozen_batchnorm_keeps_its_statistics():
    network = SmallResNet((1, 8, 8), 3, widths=[2, 4]).train()
    head_only(network)
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.randn(4, 1, 8, 8))
    assert all(torch.equal(value, before[name]) for name, value in network.named_buffers())


def test_a_layer_with_a_parameter_that_trains_is_not_frozen_and_dropout_goes_with_its_own():
    trunk = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), nn.BatchNorm1d(2))
    network = nn.Sequential(trunk, nn.Dropout(), nn.Linear(2, 1))
    freeze(network, {"2.weight", "2.bias"})
    assert set(frozen_modules(network)) == {trunk, *trunk}
    freeze(network, {"0.2.weight", "2.weight", "2.bias"})
    assert set(frozen_modules(network)) == {trunk[0]}


def test_the_frozen_part_keeps_no_activations_and_costs_no_backward():
    network, x = SmallResNet((1, 8, 8), 3, widths=[2, 4]).train(), torch.randn(4, 1, 8, 8)

    def kept():
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: sizes.append(t.numel()) or t, lambda t: t):
            loss = network(x).sum()
        nodes, seen = [loss.grad_fn], set()
        while nodes:
            node = nodes.pop()
            if node is not None and node not in seen:
                seen.add(node)
                nodes += [following for following, _ in node.next_functions]
        return sum(sizes), {type(node).__name__ for node in seen}

    everything, operations = kept()
    assert "ConvolutionBackward0" in operations
    head_only(network)
    little, operations = kept()
    assert "ConvolutionBackward0" not in operations
    assert little <= 4 * 4 + network.head.weight.numel() < everything / 20
