"""conf/model/timm.yaml names timm's own function: what is tested is that our keys reach it."""

import torch
from timm import create_model
from torch import nn

from epochwise.task.optimized import decay_groups


def test_weights_in_a_file_are_adapted_to_other_channels_and_classes(tmp_path):
    source = create_model("resnet10t", num_classes=5)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    overlay = {"file": str(tmp_path / "weights.pth")}
    net = create_model("resnet10t", pretrained=True, num_classes=3, in_chans=1, pretrained_cfg_overlay=overlay)
    assert torch.equal(net.layer1[0].conv1.weight, source.layer1[0].conv1.weight)
    assert net(torch.zeros(2, 1, 32, 32)).shape == (2, 3)


def test_what_a_transformer_exempts_is_not_decayed():
    net: nn.Module = create_model("vit_tiny_patch16_224", img_size=32, num_classes=3)
    decayed = {id(p) for p in decay_groups(net)[0]["params"]}
    assert id(net.pos_embed) not in decayed
    assert id(net.head.weight) in decayed
