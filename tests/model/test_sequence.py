"""What holds for every network of sequences."""

import pytest
import torch

from epochwise.finetune.applied_plan import freeze
from epochwise.finetune.cut import Cut
from epochwise.model.load_weights import load_weights
from epochwise.model.lstm import LSTM
from epochwise.model.sequence import pool
from epochwise.model.stages import stages
from epochwise.model.transformer import Transformer

NUM_TOKENS, PAD = 11, 0
KINDS = {
    "lstm": lambda **given: LSTM(embedding_size=6, hidden_size=8, num_layers=2, **given),
    "lstm last": lambda **given: LSTM(embedding_size=6, hidden_size=8, pooling="last", **given),
    "transformer": lambda **given: Transformer(max_length=9, width=8, num_heads=2, **given),
    "transformer both ways": lambda **given: Transformer(max_length=9, width=8, num_heads=2, causal=False, **given),
}
ONE_WAY = [kind for kind in KINDS if kind != "transformer both ways"]


def text_network(kind, target="class", num_outputs=3, **given):
    torch.manual_seed(0)
    text = {"input_shape": (7,), "num_tokens": NUM_TOKENS, "pad_id": PAD}
    return KINDS[kind](num_outputs=num_outputs, target=target, **text, **given).double()


def texts(*lengths, padded_to):
    torch.manual_seed(1)
    x = torch.full((len(lengths), padded_to), PAD)
    for row, length in zip(x, lengths, strict=True):
        row[:length] = torch.randint(1, NUM_TOKENS, (length,))
    return x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_no_answer(kind, training):
    network = text_network(kind, dropout=0.0).train(training)  # what is left out is drawn anew for each shape
    x = texts(4, 2, padded_to=7)
    with torch.set_grad_enabled(training):
        together = network(x)
        alone = torch.cat([network(x[:1, :4]), network(x[1:, :2])])
    assert torch.allclose(together, alone, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_without_a_token_has_an_answer_too(kind):
    network, x = text_network(kind).eval(), texts(0, 3, padded_to=4)
    with torch.no_grad():  # torch's encoder layers take a path of their own there
        assert network(x).isfinite().all()
    network(x).sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize("kind", ONE_WAY)
@pytest.mark.parametrize("graded", [False, True])
def test_a_language_model_answers_at_each_token_and_sees_none_after_it(kind, graded):
    network = text_network(kind, "tokens", NUM_TOKENS).eval()
    x = texts(7, 7, padded_to=7)
    with torch.set_grad_enabled(graded):
        answers = network(x)
        assert answers.shape == (2, 7, NUM_TOKENS)
        for step in range(6):
            other = x.clone()
            other[:, step + 1 :] = 1 + other[:, step + 1 :] % (NUM_TOKENS - 1)
            assert torch.allclose(network(other)[:, : step + 1], answers[:, : step + 1], atol=1e-12)
            assert not torch.allclose(network(other)[:, step + 1], answers[:, step + 1])


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_counts_and_each_layer_learns(kind):
    network, x = text_network(kind).eval(), texts(7, 5, padded_to=7)
    network(x).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())
    other = x.clone()
    other[:, 0] = 1 + other[:, 0] % (NUM_TOKENS - 1)
    assert (network(other) != network(x)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_series_needs_no_vocabulary(kind):
    network = KINDS[kind](input_shape=(7, 5), num_outputs=3, target="class", num_tokens=0, pad_id=PAD).eval()
    x = torch.randn(2, 7, 5)
    assert network(x).shape == (2, 3)
    assert torch.allclose(network(x)[:1], network(x[:1]), atol=1e-6)
    x[0, 2] = PAD  # zeros are numbers, not padding
    assert network(x).isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("shape", "other"), [((30,), "mlp"), ((3, 8, 8), "cnn or timm")])
def test_what_is_no_sequence_is_refused(kind, shape, other):
    with pytest.raises(ValueError, match=rf"takes tokens or series of shape \(T, F\).*; use {other}"):
        KINDS[kind](input_shape=shape, num_outputs=2, target="class", num_tokens=0, pad_id=PAD)


@pytest.mark.parametrize("kind", KINDS)
def test_embedding_layers_and_head_are_stages(kind):
    layers = ["layer1"] if kind == "lstm last" else ["layer1", "layer2"]
    assert list(stages(text_network(kind))) == ["embedding", *layers, "head"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_frozen_before_the_head_can_be_kept(kind):
    network, x = text_network(kind).eval(), texts(7, 5, padded_to=7)
    freeze(network, set(stages(network)["head"]))
    cut = Cut(network, x)
    assert torch.equal(cut.rest(x, cut.trunk(x)), network(x))


@pytest.mark.parametrize("kind", ONE_WAY)
def test_a_classifier_begins_with_the_layers_of_a_language_model(kind):
    model, classifier = text_network(kind, "tokens", NUM_TOKENS), text_network(kind)
    lines = load_weights(classifier, model.state_dict(), "there", None)
    assert any(line.startswith("the head is new, its classes differ: head") for line in lines)
    assert all(not line.startswith(("missing", "not known")) for line in lines)


def test_the_last_step_is_that_of_the_sample():
    hidden = torch.arange(8.0).view(2, 4, 1)
    kept = torch.tensor([[True, True, False, False], [True, True, True, True]])
    assert pool(hidden, kept, "last").tolist() == [[1.0], [7.0]]
    assert pool(hidden, kept, "mean").tolist() == [[0.5], [5.5]]
