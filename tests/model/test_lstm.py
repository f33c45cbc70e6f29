import torch

from epochwise.model.lstm import LSTM


def test_each_layer_has_the_size_that_is_asked_for():
    network = LSTM((7,), 3, "class", num_tokens=11, pad_id=0, embedding_size=5, hidden_size=6, num_layers=3)
    assert [network.layer1.lstm.input_size, network.layer2.lstm.input_size] == [5, 6]
    assert network.layer3.lstm.hidden_size == network.head[1].in_features == 6


def test_dropout_acts_in_training_alone():
    torch.manual_seed(0)
    network, x = LSTM((7,), 3, "class", num_tokens=11, pad_id=0, dropout=0.5), torch.ones(1, 7, dtype=torch.long)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))
