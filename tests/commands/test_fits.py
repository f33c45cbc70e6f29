from types import SimpleNamespace

import pytest
import torch
from torch import nn

from epochwise.commands.check_fits import check_fits, shapes_in_words
from epochwise.data.spec import Spec
from epochwise.input_error import InputError
from epochwise.task.classification import Classification
from epochwise.task.own import Own
from epochwise.task.supervised import Supervised

SPEC = Spec((4,), "class", 3, ["a", "b", "c"], [1, 1, 1])


def data(x=None, y=None):
    batch = [torch.zeros(2, 4) if x is None else x, torch.tensor([0, 2]) if y is None else y]
    return SimpleNamespace(spec=SPEC, two_samples=lambda: batch, on_after_batch_transfer=lambda batch: batch)


def classes(net):
    return Classification(net, None, None, class_counts=[1, 1, 1])


def test_a_network_that_fits_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    task = classes(net)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    assert check_fits(task, data(), "net").shape == (2, 4)
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert task.meters["val"].loss.update_count == 0
    assert task.meters["val"].scores["accuracy"].update_count == 0


def test_a_network_that_takes_another_shape_is_named():
    with pytest.raises(InputError, match=r"^model: net does not take a batch of shape \(2, 4\): "):
        check_fits(classes(nn.Linear(5, 3)), data(), "net")


def test_a_network_with_other_outputs_is_named():
    with pytest.raises(InputError, match=r"with shape \(2, 7\), allowed: \(2, 3\); take the number"):
        check_fits(classes(nn.Linear(4, 7)), data(), "net")


def test_a_network_is_given_several_inputs_by_name():
    class Both(nn.Module):
        def forward(self, x):
            return x["left"] + x["right"]

    x = {"left": torch.zeros(2, 3), "right": torch.ones(2, 3)}
    assert check_fits(classes(Both()), data(x), "both") is x
    with pytest.raises(InputError, match=r"batch of shape \{left: \(2, 3\)\}: KeyError: 'right'"):
        check_fits(classes(Both()), data({"left": torch.zeros(2, 3)}), "both")


def test_a_loss_that_does_not_take_what_the_network_answers_is_named():
    own = Own(nn.Linear(4, 7), None, None, loss=nn.MSELoss())
    with pytest.raises(InputError, match=r"^task: the loss of Own does not take an output of shape \(2, 7\) and"):
        check_fits(own, data(y=torch.zeros(2, 5)), "net")


def test_a_loss_that_would_compare_each_answer_with_each_target_is_named():
    own = Own(nn.Linear(4, 1), None, None, loss=nn.MSELoss())
    with pytest.raises(InputError, match=r"targets of shape \(2,\): Using a target size"):
        check_fits(own, data(y=torch.zeros(2)), "net")


def test_a_loss_that_is_no_mean_is_named():
    own = Own(nn.Linear(4, 3), None, None, loss=nn.MSELoss(reduction="none"))
    with pytest.raises(InputError, match=r"has the shape \(2, 3\), allowed: one number, a mean"):
        check_fits(own, data(y=torch.zeros(2, 3)), "net")


def test_a_task_without_a_loss_is_told_what_it_lacks():
    with pytest.raises(InputError, match="Supervised needs a compute_loss of its own"):
        check_fits(Supervised(nn.Linear(4, 3), None, None, {}), data(), "net")


def test_shapes_are_told_of_whatever_there_is():
    assert shapes_in_words([torch.zeros(2), {"a": torch.zeros(1, 2)}, None]) == "[(2,), {a: (1, 2)}, NoneType]"
