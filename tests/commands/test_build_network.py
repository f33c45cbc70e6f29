import shutil
import socket
import time
from urllib.error import URLError

import pytest
import timm
import torch
import torchvision
import yaml
from huggingface_hub import constants
from omegaconf import OmegaConf
from safetensors.torch import save_file

from epochwise.commands.build_network import build_network
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.pretrained_weights import TIMEOUT_S

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


def test_weights_that_knew_other_tokens_are_one_line(tmp_path):
    learned = {"tokens": {"kind": "words", "lowercase": False, "tokens": ["a"]}}
    kept = {"spec": {"class_names": NAMES}, "learned": learned}
    state = {"body.1.weight": torch.zeros(256, 64)}
    (tmp_path / "checkpoints").mkdir()
    torch.save({"state_dict": state, "epoch": 0, "Text": kept}, tmp_path / "checkpoints/best.ckpt")
    model = OmegaConf.create({"model": MLP | {"pretrained": str(tmp_path)}})
    build_network(model.copy(), NAMES, False, learned)
    with pytest.raises(InputError, match=rf"learned from other tokens .*: data.tokenizer={tmp_path}$"):
        build_network(model, NAMES, False, {"tokens": learned["tokens"] | {"tokens": ["b"]}})


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


@pytest.fixture
def without_network(tmp_path, monkeypatch):
    """Hugging Face's server is a port that nobody listens to, its cache is empty, and nobody waits to ask again."""

    def sleep(seconds):
        raise AssertionError(f"asked again after {seconds} s")

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(time, "sleep", sleep)
    return tmp_path / "cache"


RESNET10T = {"_target_": "timm.create_model", "model_name": "resnet10t", "num_classes": 10, "in_chans": 1}


@pytest.mark.parametrize("node", [{"pretrained": True}, {"model_name": "hf-hub:timm/resnet10t.c3_in1k"}])
def test_weights_that_cannot_be_downloaded_are_one_line_with_the_local_ways(without_network, node):
    ways = r"without a network: model.pretrained=RUN_FOLDER or FILE .*_overlay.file=FILE, or HF_HOME="
    with pytest.raises(InputError, match=rf"^model.pretrained: .*resnet10t.* does not answer; {ways}[^\n]*$"):
        built(RESNET10T | node)
    assert constants.HF_HUB_OFFLINE is False


def test_weights_in_hugging_faces_cache_need_no_network(without_network):
    theirs = timm.create_model("resnet10t")
    snapshot = without_network / "models--timm--resnet10t.c3_in1k" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    save_file(theirs.state_dict(), snapshot / "model.safetensors")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("a" * 40)
    network, _ = built(RESNET10T | {"pretrained": True})
    assert torch.equal(network.layer1[0].conv1.weight, theirs.layer1[0].conv1.weight)


@pytest.mark.parametrize("key", ["pretrained", "pretrained_cfg_overlay"])
def test_weights_in_a_file_need_no_network(without_network, tmp_path, key):
    theirs = timm.create_model("resnet10t")
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    file = str(tmp_path / "weights.safetensors")
    node = {"pretrained": file} if key == "pretrained" else {"pretrained": True, key: {"file": file}}
    network, _ = built(RESNET10T | node)
    assert torch.equal(network.layer1[0].conv1.weight, theirs.layer1[0].conv1.weight)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"pretrained_cfg_overlay": {"file": "gone.pth"}}, r"^model.pretrained_cfg_overlay.file=gone.pth: there is no"),
        (
            {"pretrained_cfg_overlay": {"file": __file__}},
            r"^model: resnet10t does not get its weights \(.+\); ",
        ),
        ({"model_name": "test_resnet.none"}, r"^model: test_resnet.none does not get its weights \(.*Invalid .* tag"),
    ],
)
def test_weights_that_timm_refuses_are_one_line(without_network, node, message):
    with pytest.raises(InputError, match=message):
        built(RESNET10T | {"pretrained": True} | node)


MOBILENET = {"_target_": "torchvision.models.get_model", "name": "mobilenet_v3_small"}


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"pretrained": True, "num_classes": 10}, r"^model.pretrained: .* cannot be downloaded .*checkpoints$"),
        (
            {"weights": "DEFAULT", "num_classes": 1000},
            r"^model: mobilenet_v3_small does not get .* \(URLError",
        ),
        (
            {"weights": "DEFAULT", "num_classes": 10},
            r"^model: .* got 10 .*; model.pretrained=true takes weights",
        ),
        ({"weights": "DEFALT", "num_classes": 10}, r"^model: mobilenet_v3_small does not get its weights \(KeyError"),
    ],
)
def test_weights_that_torchvision_cannot_get_are_one_line(tmp_path, monkeypatch, node, message):
    timeouts = []

    def urlopen(*_):
        timeouts.append(socket.getdefaulttimeout())
        raise URLError("no network")

    monkeypatch.setattr(torch.hub, "urlopen", urlopen)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(InputError, match=message):
        built(MOBILENET | node)
    assert timeouts in ([], [TIMEOUT_S])
    assert socket.getdefaulttimeout() is None


def test_a_fault_in_a_network_of_ones_own_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        built({"_target_": "operator.truediv", "_args_": [1, 0]})


def test_a_network_that_nobody_publishes_weights_of_says_so():
    with pytest.raises(InputError, match="nobody publishes weights of this network; allowed: false, a run folder"):
        built(MLP | {"pretrained": True})


def test_the_run_keeps_which_weights_it_began_with_and_is_evaluated_without_them(tmp_path, composed, trained):
    from epochwise.resume.restore import restore

    shutil.copytree(trained, tmp_path / "runs/first")
    constant = ("scheduler=none", "trainer.max_epochs=1")
    choice = (f"model.pretrained={tmp_path}/runs", "finetune=head", *constant, *QUICK)
    train(composed(*choice, run_folder=tmp_path / "run"))
    kept = yaml.safe_load((tmp_path / "run/config.yaml").read_text())
    assert kept["model"]["pretrained"] == f"{tmp_path}/runs/first/checkpoints/best.ckpt"
    shutil.rmtree(tmp_path / "runs")
    restore(tmp_path / "run", "best")
    train(composed(*choice, "trainer.max_epochs=2", "resume=auto", run_folder=tmp_path / "run"))
