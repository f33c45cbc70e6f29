import pytest
import torch
from torch import nn

from epochwise.commands.train import train
from epochwise.device.activation_checkpointing import forget_activations
from epochwise.input_error import InputError
from epochwise.rules.device import device_faults

QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "name=test", "report=false")
QUICK += ("trainer.max_epochs=2", "data.max_train_samples=200")


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.calls = nn.Linear(4, 4), 0

    def forward(self, x):
        self.calls += 1
        return self.layer(x)


def test_a_block_computes_twice_where_it_learns_and_once_where_it_is_scored():
    network = nn.Sequential(Counted(), Counted())
    forget_activations(network)
    network(torch.ones(2, 4)).sum().backward()
    assert [block.calls for block in network] == [2, 2]
    network.eval()(torch.ones(2, 4))
    assert [block.calls for block in network] == [3, 3]


def test_only_the_inputs_of_blocks_are_kept():
    kept = []
    network = nn.Sequential(*[nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 4)) for _ in range(2)])
    for forgets in (False, True):
        if forgets:
            network = nn.Sequential(*[Whole(inner) for inner in network])
            forget_activations(network)
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x, sizes=sizes: sizes.append(x.numel()) or x, lambda x: x):
            network(torch.ones(8, 4))
        kept.append(max(sizes, default=0))
    assert kept[0] == 8 * 64
    assert kept[1] < 8 * 64


class Whole(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.last = inner[:2], inner[2]

    def forward(self, x):
        return self.last(self.inner(x))


def test_a_network_without_blocks_is_refused():
    with pytest.raises(InputError, match=r"^activation_checkpointing: got true, but Linear has no blocks that could"):
        forget_activations(nn.Linear(2, 2))


@pytest.mark.parametrize("other", [{"compile": True}, {"finetune": {"cache_features": True}}])
def test_what_computes_once_does_not_go_with_it(other):
    (line,) = device_faults({"activation_checkpointing": True, **other}).values()
    assert line.startswith("activation_checkpointing: got true, but ")
    assert line.endswith("; drop one of both")


@pytest.mark.parametrize(
    "words", [("model.dropout=0.5", "+callbacks=ema"), ("model=small_resnet",)], ids=["dropout", "statistics"]
)
def test_what_is_learned_is_the_same_to_the_bit(composed, tmp_path, words):
    found = []
    for forgets in ("false", "true"):
        train(composed(*QUICK, *words, f"activation_checkpointing={forgets}", run_folder=tmp_path / forgets))
        found.append(torch.load(tmp_path / forgets / "checkpoints/last.ckpt", weights_only=True)["state_dict"])
    assert found[0].keys() == found[1].keys()
    for name, value in found[0].items():
        assert torch.equal(found[1][name], value), name
