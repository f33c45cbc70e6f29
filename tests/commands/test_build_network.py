import shutil

import pytest
import timm
import torch
import torchvision
import yaml
from omegaconf import OmegaConf

from epochwise.commands.build_network import build_network
from epochwise.commands.train import train
from epochwise.input_error import InputError

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
NAMES = [str(digit) for digit in range(10)]


def built(model, resumed=False, names=NAMES):
    return build_network(OmegaConf.create({"model": model}), names, resumed)


MLP = {"_target_": "epochwise.model.mlp.MLP", "input_shape": [1, 8, 8], "num_outputs": 10}
MLP["hidden_sizes"] = [256, 256]
RESNET = {"_target_": "epochwise.model.resnet.ResNet", "input_shape": [1, 64, 64], "num_outputs": 10}


def weight(folder, name):
    return torch.load(folder / "checkpoints/best.ckpt", weights_only=True)["state_dict"][f"network.{name}"]


def test_a_run_of_the_same_classes_gives_its_head_too(trained):
    network, lines = built(MLP | {"pretrained": str(trained)})
    assert torch.equal(network.head.weight, weight(trained, "head.weight"))
    assert lines == [f"6 of 6 tensors from {trained}/checkpoints/best.ckpt"]


def test_a_run_of_as_many_other_classes_gives_all_but_its_head(trained):
    network, lines = built(MLP | {"pretrained": str(trained)}, names=[f"letter {digit}" for digit in NAMES])
    assert not torch.equal(network.head.weight, weight(trained, "head.weight"))
    assert torch.equal(network.body[1].weight, weight(trained, "body.1.weight"))
    assert lines[1] == "the head is new, its classes differ: head.weight, head.bias"


def test_a_run_that_goes_on_asks_for_no_weights_from_elsewhere():
    assert built(MLP | {"pretrained": "gone"}, resumed=True)[1] == []


def test_weights_of_timm_come_from_a_file_too(tmp_path):
    theirs = timm.create_model("test_resnet", num_classes=7)
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    node = {"_target_": "timm.create_model", "model_name": "test_resnet", "num_classes": 10, "in_chans": 1}
    network, lines = built(node | {"pretrained": str(tmp_path / "weights.pth")})
    assert torch.equal(network.layer1[0].conv1.weight, theirs.layer1[0].conv1.weight)
    assert lines[1] == "3 input channels became 1"


@pytest.mark.parametrize(
    ("node", "first"),
    [
        (RESNET, "conv1.weight"),
        ({"_target_": "torchvision.models.get_model", "name": "resnet18", "num_classes": 10}, "conv1.weight"),
    ],
)
def test_weights_of_torchvision_meet_other_classes_and_channels(tmp_path, monkeypatch, node, first):
    theirs = torchvision.models.resnet18().state_dict()
    monkeypatch.setattr(torchvision.models._api, "load_state_dict_from_url", lambda url, **_: theirs)
    network, lines = built(node | {"pretrained": True})
    expected = theirs[first] if "name" in node else theirs[first].sum(1, keepdim=True)
    assert torch.allclose(network.state_dict()[first], expected)
    assert lines[-1] == "the head is new, its classes differ: fc.weight, fc.bias"


def test_a_network_that_nobody_publishes_weights_of_says_so():
    with pytest.raises(InputError, match="nobody publishes weights of this network; allowed: false, a run folder"):
        built(MLP | {"pretrained": True})


def test_the_run_keeps_which_weights_it_began_with_and_is_evaluated_without_them(tmp_path, composed, trained):
    from epochwise.commands.restore import restore

    shutil.copytree(trained, tmp_path / "runs/first")
    constant = ("scheduler=none", "trainer.max_epochs=1")
    choice = (f"model.pretrained={tmp_path}/runs", "finetune=head", *constant, *QUICK)
    train(composed(*choice, run_folder=tmp_path / "run"))
    kept = yaml.safe_load((tmp_path / "run/config.yaml").read_text())
    assert kept["model"]["pretrained"] == f"{tmp_path}/runs/first/checkpoints/best.ckpt"
    shutil.rmtree(tmp_path / "runs")
    restore(tmp_path / "run", "best")
    train(composed(*choice, "trainer.max_epochs=2", "resume=auto", run_folder=tmp_path / "run"))
