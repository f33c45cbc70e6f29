import pytest
import torch

from epochwise.model.small_resnet import SmallResNet


def test_the_defaults_are_the_papers_network_of_8_layers():
    network = SmallResNet(input_shape=(1, 28, 28), num_outputs=10)
    assert sum(parameter.numel() for parameter in network.parameters()) == 77_754
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_each_stage_but_the_first_halves_the_picture():
    network = SmallResNet(input_shape=(3, 32, 32), num_outputs=4, widths=[4, 8], blocks_per_stage=2)
    x = network.stem(torch.zeros(2, 3, 32, 32))
    assert network.stage1(x).shape == (2, 4, 32, 32)
    assert network.stage2(network.stage1(x)).shape == (2, 8, 16, 16)


def test_rows_of_a_table_are_refused():
    with pytest.raises(ValueError, match="use mlp"):
        SmallResNet(input_shape=(30,), num_outputs=2)
