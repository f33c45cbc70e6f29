import timm
import torch
from torch import nn
from torchvision.models import resnet18

from epochwise.model.mlp import MLP
from epochwise.model.small_resnet import SmallResNet
from epochwise.model.stages import stages


def test_a_networks_children_are_its_stages_and_the_last_one_is_the_head():
    assert list(stages(MLP((8,), 3, [4]))) == ["body", "head"]
    assert list(stages(SmallResNet((1, 8, 8), 3))) == ["stem", "stage1", "stage2", "stage3", "head"]


def test_a_norm_joins_the_stage_before_it():
    found = stages(resnet18())
    assert list(found) == ["stem", "layer1", "layer2", "layer3", "layer4", "fc"]
    assert found["stem"] == ["conv1.weight", "bn1.weight", "bn1.bias"]


def test_timms_networks_have_the_stages_that_timm_gives_them():
    assert list(stages(timm.create_model("resnet18"))) == ["stem", "layer1", "layer2", "layer3", "layer4", "fc"]
    vit = stages(timm.create_model("vit_tiny_patch16_224", depth=2))
    assert list(vit) == ["stem", "blocks.0", "blocks.1", "head"]
    assert {"cls_token", "pos_embed"} < set(vit["stem"])
    assert {"norm.weight", "norm.bias"} < set(vit["blocks.1"])


def test_a_network_that_only_wraps_another_is_entered():
    inner = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1))
    found = stages(nn.Sequential(inner))
    assert found == {"0.0": ["0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"], "0.2": ["0.2.weight", "0.2.bias"]}


def test_every_parameter_stands_in_one_stage():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(2, 2)
            self.scale = nn.Parameter(torch.ones(1))
            self.head = nn.Linear(2, 1)

    for network in (Odd(), resnet18(), timm.create_model("convnext_atto")):
        names = [name for own in stages(network).values() for name in own]
        assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    assert stages(Odd())["stem"] == ["scale", "body.weight", "body.bias"]


def test_a_trunk_is_entered_and_each_layer_of_a_list_in_it_is_a_stage():
    class Tagger(nn.Module):
        def __init__(self, num_layers):
            super().__init__()
            layer = nn.TransformerEncoderLayer(4, 2, 8)
            self.embedding = nn.Embedding(3, 4)
            self.encoder = nn.TransformerEncoder(layer, num_layers, nn.LayerNorm(4), enable_nested_tensor=False)
            self.decoder = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
            self.head = nn.Linear(4, 2)

    found = stages(Tagger(2))
    assert list(found) == ["embedding", "encoder.layers.0", "encoder.layers.1", "decoder", "head"]
    assert {"encoder.norm.weight", "encoder.norm.bias"} < set(found["encoder.layers.1"])
    plain = nn.ModuleDict({"encoder": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), "decoder": nn.Linear(2, 2)})
    assert list(stages(plain)) == ["encoder", "decoder"]
    assert list(stages(Tagger(1))) == ["embedding", "encoder", "decoder", "head"]


def test_what_a_trunk_holds_loose_is_taken_in_at_its_input():
    class Trunk(nn.Module):
        def __init__(self):
            super().__init__()
            self.position = nn.Parameter(torch.zeros(2, 2))
            self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 2)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.backbone, self.head = nn.Linear(2, 2), Trunk(), nn.Linear(2, 1)

    found = stages(Net())
    assert list(found.values())[1] == ["backbone.position", "backbone.one.weight", "backbone.one.bias"]
    assert [len(names) for names in found.values()] == [2, 3, 2, 2]
