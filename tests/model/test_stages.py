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
