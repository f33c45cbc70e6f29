import json

import pytest
import torch
from lightning_utilities.core.imports import package_available
from torch import nn

peft = pytest.importorskip("peft")

from epochwise.commands.evaluate import evaluate  # noqa: E402
from epochwise.commands.train import train  # noqa: E402
from epochwise.finetune.applied_plan import freeze  # noqa: E402
from epochwise.finetune.lora import Lora  # noqa: E402
from epochwise.input_error import InputError  # noqa: E402
from epochwise.model.cnn import CNN  # noqa: E402
from epochwise.model.load_weights import load_weights  # noqa: E402
from epochwise.model.lstm import LSTM  # noqa: E402
from epochwise.model.transformer import Transformer  # noqa: E402

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
TEXT = {"input_shape": (7,), "num_outputs": 3, "target": "class", "num_tokens": 11, "pad_id": 0}


def transformer(**settings):
    torch.manual_seed(0)
    return Transformer(max_length=7, width=8, num_heads=2, dropout=0.0, **TEXT, **settings)


def learned(network):
    """As after training: what adapters add is not 0."""
    for name, parameter in network.named_parameters():
        if ".lora_B." in name:
            nn.init.normal_(parameter)
    return network


def gpt2():
    from epochwise.model.transformers import Transformers

    config = {"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 7}
    return Transformers(**TEXT, config=config)


NETWORKS = {
    "transformer": (transformer, torch.tensor([[3, 4, 5], [6, 7, 0]])),
    "transformer both ways": (lambda: transformer(causal=False), torch.tensor([[3, 4, 5], [6, 7, 0]])),
    "cnn": (lambda: CNN((1, 8, 8), 3, channels=(4, 4)), torch.arange(128.0).view(2, 1, 8, 8) / 128),
}
if package_available("transformers"):
    NETWORKS["gpt2"] = (gpt2, torch.tensor([[3, 4, 5], [6, 7, 0]]))


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_network_begins_as_it_was_and_is_scored_with_what_adapters_learned(kind):
    make, x = NETWORKS[kind]
    network = make().eval()
    with torch.no_grad():
        bare = network(x)
        Lora(rank=2).adapt(network)
        assert torch.allclose(network(x), bare, atol=1e-6)
        scored = learned(network)(x)
    assert not torch.allclose(scored, bare, atol=1e-3)
    with torch.enable_grad():
        assert torch.allclose(network(x), scored, atol=1e-5)


def test_an_encoder_layer_of_torchs_is_scored_as_it_is_trained():
    network, x = transformer(causal=False), NETWORKS["transformer"][1]
    Lora(rank=2).adapt(network)
    learned(network)
    with torch.no_grad():
        assert torch.allclose(network.eval()(x), network.train()(x), atol=1e-6)


def test_adapters_and_head_train_and_all_else_is_frozen():
    network = transformer()
    (line,) = Lora(rank=2).adapt(network)
    plan = Lora(rank=2).bind(network, 3)
    training = plan.trainable_at(0)
    head = {"head.weight", "head.bias"}
    assert training == head | {name for name, _ in network.named_parameters() if ".lora_" in name}
    assert len(training) == 2 + 2 * 2 * 2
    assert line.startswith("adapters of rank 2 on 4 layers: 320 parameters train, and the head's 27; ")
    assert line.endswith("the network's other 1,904 are frozen")


def test_it_adds_adapters_once():
    network = transformer()
    assert Lora().adapt(network) != []
    assert Lora().adapt(network) == []


@pytest.mark.parametrize("kind", NETWORKS)
def test_weights_of_an_adapted_network_begin_a_plain_one(kind):
    make, x = NETWORKS[kind]
    network, plain = make().eval(), make().eval()
    Lora(rank=2).adapt(network)
    lines = load_weights(plain, learned(network).state_dict(), "there", True)
    assert len(lines) == 1
    assert torch.allclose(plain(x), network(x), atol=1e-5)


@pytest.mark.parametrize(
    ("network", "layers", "line"),
    [
        (lambda: LSTM(**TEXT), "backbone", "backbone of LSTM has no linear layer and no convolution"),
        (transformer, "head", "head of Transformer has no linear layer"),
        (transformer, "self_attn", "self_attn of Transformer has no linear layer"),
        (transformer, "layr1", "'layr1' matches no parameter; .*did you mean 'layer1'"),
    ],
)
def test_layers_that_can_have_none_are_refused(network, layers, line):
    with pytest.raises(InputError, match=rf"^finetune\.layers: .*{line}"):
        Lora(layers=layers).adapt(network())


def test_a_layer_that_is_never_called_is_told():
    class Past(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x):
            return self.head(nn.functional.linear(x, self.body.weight))

    network, plan = Past(), Lora()
    plan.adapt(network)
    freeze(network, plan.bind(network, 1).trainable_at(0))
    network(torch.ones(1, 2)).sum().backward()
    with pytest.raises(InputError, match="the network does not call body, so its adapter learns nothing"):
        plan.on_after_backward(None, network)


def weights(folder, which="last"):
    return torch.load(folder / f"checkpoints/{which}.ckpt", weights_only=True)["state_dict"]


@pytest.fixture(scope="module")
def adapted(composed, trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapted")
    adapters = ("finetune=lora", "finetune.rank=2", f"model.pretrained={trained}", "trainer.max_epochs=2")
    train(composed(*adapters, *QUICK, run_folder=folder))
    return folder


def test_a_run_keeps_the_weights_that_it_began_with_and_learns_adapters(adapted, trained):
    theirs, ours = weights(trained, "best"), weights(adapted)
    for layer in ("network.body.1", "network.body.4"):
        assert torch.equal(ours[f"{layer}.base_layer.weight"], theirs[f"{layer}.weight"])
        assert ours[f"{layer}.lora_B.default.weight"].abs().sum() > 0
    assert not torch.equal(ours["network.head.weight"], theirs["network.head.weight"])


def test_a_run_is_scored_again_with_its_adapters(adapted, composed):
    scores = evaluate(composed(f"run={adapted}", root="evaluate"), tells=False)
    result = json.loads((adapted / "result.json").read_text())
    assert scores["loss"] == pytest.approx(result["test"]["loss"], abs=1e-6)


def test_a_run_that_goes_on_ends_as_one_without_an_end(adapted, composed, trained, tmp_path):
    adapters = ("finetune=lora", "finetune.rank=2", f"model.pretrained={trained}")
    train(composed(*adapters, "trainer.max_epochs=2", "+trainer.max_steps=5", *QUICK, run_folder=tmp_path))
    train(composed(*adapters, "trainer.max_epochs=2", *QUICK, "+resume=auto", run_folder=tmp_path))
    ours, theirs = weights(tmp_path), weights(adapted)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
