import pytest
import torch
from torch import nn

from epochwise.commands.build import check_fits
from epochwise.data.spec import Spec
from epochwise.input_error import InputError

SPEC = Spec((4,), "class", 3, ["a", "b", "c"], [1, 1, 1])


def test_a_network_that_fits_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    check_fits(net, SPEC, "net")
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_network_that_takes_another_shape_is_named():
    with pytest.raises(InputError, match=r"^model: net does not take a batch of shape \(2, 4\): "):
        check_fits(nn.Linear(5, 3), SPEC, "net")


def test_a_network_with_other_outputs_is_named():
    with pytest.raises(InputError, match=r"answers a batch of 2 with shape \(2, 7\), allowed: \(2, 3\)"):
        check_fits(nn.Linear(4, 7), SPEC, "net")
