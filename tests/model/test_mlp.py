import torch

from epochwise.model.mlp import MLP


def test_any_input_shape_becomes_one_row_of_outputs():
    assert MLP(input_shape=(2, 3, 4), num_outputs=5, hidden_sizes=[7])(torch.zeros(6, 2, 3, 4)).shape == (6, 5)


def test_without_hidden_layers_it_is_linear():
    assert sum(p.numel() for p in MLP(input_shape=(4,), num_outputs=3, hidden_sizes=[]).parameters()) == 4 * 3 + 3


def test_dropout_acts_in_training_alone():
    torch.manual_seed(0)
    net, x = MLP(input_shape=(50,), num_outputs=3, hidden_sizes=[50], dropout=0.5), torch.ones(1, 50)
    assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x))
