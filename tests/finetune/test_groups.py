from torch import nn

from epochwise.finetune.bound_plan import stage_groups
from epochwise.model.small_resnet import SmallResNet
from epochwise.model.stages import stages


def groups_of(network, kind=lambda name: 0, lr_scale=lambda name: 1.0):
    cut = stages(network)
    names = [name for own in cut.values() for name in own]
    return stage_groups(network, cut, {name: kind(name) for name in names}, {name: lr_scale(name) for name in names})


def test_each_stage_has_a_group_that_decays_and_one_that_does_not():
    network = SmallResNet((1, 8, 8), 3, widths=[2, 4])
    groups = groups_of(network)
    assert [group["name"] for group in groups] == [
        "stem", "stem/no_decay", "stage1", "stage1/no_decay", "stage2", "stage2/no_decay", "head", "head/no_decay"
    ]  # fmt: skip
    assert [group["part"] for group in groups[:2]] == ["stem", "stem"]
    assert all(group["weight_decay"] == 0.0 for group in groups if group["name"].endswith("no_decay"))
    assert not any("weight_decay" in group for group in groups if not group["name"].endswith("no_decay"))


def test_every_parameter_is_in_one_group_whether_it_trains_or_not():
    network = SmallResNet((1, 8, 8), 3, widths=[2, 4])
    network.stem.requires_grad_(False)
    ids = [id(parameter) for group in groups_of(network) for parameter in group["params"]]
    assert sorted(ids) == sorted(map(id, network.parameters()))


def test_a_stage_that_does_not_act_as_one_is_cut_into_parts():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    groups = groups_of(network, kind=lambda name: name.endswith("bias"), lr_scale=lambda name: 1.0 + (name[0] == "0"))
    assert [(group["name"], group["lr_scale"]) for group in groups] == [
        ("0", 2.0), ("0_2/no_decay", 2.0), ("1", 1.0), ("1_2/no_decay", 1.0)
    ]  # fmt: skip
