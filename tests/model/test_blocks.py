import pytest
from torch import nn

from epochwise.model.blocks import blocks
from epochwise.model.mlp import MLP
from epochwise.model.transformer import Transformer


def names(network):
    known = {id(module): name for name, module in network.named_modules()}
    return [known[id(block)] for block in blocks(network)]


class Residual(nn.Module):
    """A block with a short list of plain layers inside."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3)
        self.shortcut = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))


class Stages(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.trunk = nn.Module()
        self.trunk.stages = nn.ModuleList(nn.Sequential(Residual(), Residual()) for _ in range(2))
        self.norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 2)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.inner, self.head = nn.Embedding(9, 4), nn.Linear(4, 4), nn.Linear(4, 9, bias=False)
        self.head.weight = self.tokens.weight


class Named(Stages):
    _no_split_modules = ("Sequential",)


def test_the_blocks_of_stages_are_what_their_lists_hold():
    parts = [f"trunk.stages.{stage}.{block}" for stage in "01" for block in "01"]
    assert names(Stages()) == ["stem.0", *parts, "head"]


def test_the_blocks_of_a_plain_stack_are_its_layers():
    assert names(MLP((1, 8, 8), 10, [16, 8])) == ["body.1", "body.4", "head"]


def test_the_blocks_of_a_transformer_are_its_layers():
    network = Transformer((16,), 10, "class", 100, 0, 64)
    assert names(network) == ["embedding", "layer1", "layer2", "head"]


def test_what_shares_its_weights_is_no_block():
    assert names(Tied()) == ["inner"]


def test_a_network_may_name_the_classes_of_its_blocks():
    assert names(Named()) == ["stem", "trunk.stages.0", "trunk.stages.1"]  # none of those inside them


@pytest.mark.parametrize("network", [nn.Linear(2, 2), nn.Sequential(nn.LayerNorm(3)), nn.Identity()])
def test_a_network_without_parts_has_no_blocks_or_its_layers(network):
    assert blocks(network) == []


def test_no_parameter_is_in_two_blocks():
    network = Stages()
    inside = [id(weight) for block in blocks(network) for weight in block.parameters()]
    assert len(inside) == len(set(inside)) > 0
