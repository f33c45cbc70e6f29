"""conf/model/unet.yaml names segmentation-models' class: what is tested is what plans and weights make of it."""

import pytest
import timm
import torch
from omegaconf import OmegaConf
from segmentation_models_pytorch import Unet

from epochwise.command_line.composer import ENGINE_CONF
from epochwise.commands.build_network import build_network
from epochwise.finetune.applied_plan import freeze
from epochwise.input_error import InputError
from epochwise.model.load_weights import load_weights
from epochwise.model.stages import stages


def built(**settings):
    node = OmegaConf.load(ENGINE_CONF / "model/unet.yaml")
    node.update({"in_channels": 1, "classes": 3, **settings})
    return build_network(OmegaConf.create({"model": node}), ["sky", "sea", "land"], resumed=False)


def unet(encoder_name="tu-test_resnet", **settings):
    small = {"encoder_depth": 3, "decoder_channels": [8, 8, 8], "encoder_weights": None}
    return Unet(encoder_name, in_channels=1, classes=3, **small | settings)


@pytest.mark.parametrize("size", [(33, 47), (8, 8), (64, 40)])
def test_pictures_of_any_size_have_an_answer_at_each_pixel(size):
    network, _ = built(encoder_name="tu-test_resnet", encoder_depth=3, decoder_channels=[8, 8, 8])
    assert network.eval()(torch.zeros(2, 1, *size)).shape == (2, 3, *size)


def test_every_weight_of_the_default_learns():
    network, _ = built()
    network(torch.randn(2, 1, 32, 32)).square().mean().backward()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []


def test_encoder_layers_decoder_and_head_are_stages():
    layers = ["layer1", "layer2", "layer3"]
    found = stages(unet("tu-resnet18"))
    assert list(found) == ["encoder.model.conv1", *(f"encoder.model.{one}" for one in layers[:2]), "decoder", HEAD]
    found = stages(unet("resnet18", encoder_depth=5, decoder_channels=[8] * 5))
    assert list(found) == ["encoder.conv1", *(f"encoder.{one}" for one in (*layers, "layer4")), "decoder", HEAD]
    assert found["encoder.conv1"] == ["encoder.conv1.weight", "encoder.bn1.weight", "encoder.bn1.bias"]


HEAD = "segmentation_head"


def test_a_frozen_encoder_gets_no_gradient():
    network = unet("tu-resnet18")
    freeze(network, {name for stage in ("decoder", HEAD) for name in stages(network)[stage]})
    network(torch.randn(2, 1, 16, 16)).square().mean().backward()
    assert all((parameter.grad is None) == name.startswith("encoder") for name, parameter in network.named_parameters())


@pytest.mark.parametrize(("encoder", "inside"), [("tu-resnet18", "encoder.model"), ("resnet18", "encoder")])
def test_a_classifier_of_timm_or_torchvision_gives_the_encoder_its_weights(encoder, inside):
    theirs = timm.create_model("resnet18", num_classes=10)
    network = unet(encoder, encoder_depth=5, decoder_channels=[8] * 5)
    lines = load_weights(network, theirs.state_dict(), "there", None)
    assert torch.equal(network.get_parameter(f"{inside}.layer4.1.conv2.weight"), theirs.layer4[1].conv2.weight)
    assert lines[0].startswith("120 of ")
    assert "3 input channels became 1" in lines
    assert any(line.startswith("missing there: decoder.") for line in lines)


def test_nothing_is_downloaded_unless_asked(monkeypatch):
    asked = []
    monkeypatch.setattr("timm.models._builder.load_pretrained", lambda *_, **given: asked.append(given))
    built(encoder_name="tu-test_resnet", encoder_depth=3, decoder_channels=[8, 8, 8])
    assert asked == []
    built(encoder_name="tu-test_resnet", encoder_depth=3, decoder_channels=[8, 8, 8], pretrained=True)
    assert len(asked) == 1


def test_a_run_that_goes_on_downloads_nothing(monkeypatch):
    monkeypatch.setattr("timm.models._builder.load_pretrained", lambda *_, **given: pytest.fail("asked"))
    node = {"_target_": "segmentation_models_pytorch.Unet", "encoder_name": "tu-test_resnet", "encoder_depth": 3}
    node |= {"decoder_channels": [8, 8, 8], "pretrained": True}
    build_network(OmegaConf.create({"model": node}), [], resumed=True)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"encoder_name": "resnet19"}, "no encoder 'resnet19'; tu-NAME is any of timm's; did you mean 'resnet18'"),
        ({"encoder_name": "tu-resnet19"}, "timm has no model 'resnet19'.*did you mean 'resnet18'"),
        ({"encoder_depth": 3}, "Model depth is 3, but you provide `decoder_channels` for 4 blocks"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(settings, line):
    with pytest.raises(InputError, match=rf"^model: .*{line}[^\n]*$"):
        built(**settings)
