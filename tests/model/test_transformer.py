import pytest
import torch

from epochwise.model.transformer import Transformer
from epochwise.task.optimized import decay_groups

TEXT = {"num_outputs": 3, "target": "class", "num_tokens": 11, "pad_id": 0}


def test_positions_are_not_decayed_and_tokens_are():
    network = Transformer(input_shape=(7,), max_length=7, **TEXT)
    decayed = {id(parameter) for parameter in decay_groups(network)[0]["params"]}
    assert id(network.embedding.positions) not in decayed
    assert id(network.embedding.steps.weight) in decayed


def test_without_causal_the_first_step_sees_the_last_one():
    torch.manual_seed(0)
    network = Transformer(input_shape=(3,), max_length=3, causal=False, num_layers=1, **TEXT).eval()
    seen = []
    network.norm.register_forward_hook(lambda *call: seen.append(call[2]))
    network(torch.tensor([[1, 2, 3], [1, 2, 4]]))
    assert not torch.allclose(seen[0][0, 0], seen[0][1, 0])


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"width": 10}, "width: got 10, allowed: a multiple of num_heads=4"),
        ({"max_length": 6}, "max_length: got 6, allowed: at least the 7 steps of a sample"),
        ({"target": "tokens", "causal": False}, "causal: got false, allowed for a language model: true"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, line):
    with pytest.raises(ValueError, match=line):
        Transformer(**{"input_shape": (7,), "max_length": 7, **TEXT, **settings})


def test_a_text_beyond_the_last_position_is_refused():
    network = Transformer(input_shape=(7,), max_length=7, **TEXT)
    with pytest.raises(ValueError, match=r"8 steps are more than model\.max_length=7"):
        network(torch.ones(1, 8, dtype=torch.long))


def test_longer_texts_than_those_of_the_data_have_a_position_where_asked():
    network = Transformer(input_shape=(7,), max_length=20, **TEXT)
    assert network(torch.ones(1, 20, dtype=torch.long)).shape == (1, 3)
