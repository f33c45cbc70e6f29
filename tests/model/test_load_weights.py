import pytest
import torch
from torch import nn

from epochwise.input_error import InputError
from epochwise.model.load_weights import load_weights
from epochwise.model.small_resnet import SmallResNet


def network(channels=1, classes=3, widths=(2, 4)):
    return SmallResNet((channels, 8, 8), classes, widths)


def test_a_network_that_is_the_same_takes_over_all():
    theirs, ours = network(), network()
    lines = load_weights(ours, theirs.state_dict(), "there", same_classes=True)
    assert all(torch.equal(a, b) for a, b in zip(theirs.state_dict().values(), ours.state_dict().values(), strict=True))
    assert lines == ["38 of 38 tensors from there"]


@pytest.mark.parametrize("prefix", ["network.", "module.", "model."])
def test_a_wrappers_prefix_is_not_minded(prefix):
    theirs, ours = network(), network()
    load_weights(ours, {f"{prefix}{name}": value for name, value in theirs.state_dict().items()}, "there", True)
    assert torch.equal(theirs.head.weight, ours.head.weight)


@pytest.mark.parametrize(("classes", "same"), [(5, None), (5, False), (3, False)])
def test_the_head_stays_new_where_the_classes_differ(classes, same):
    theirs, ours = network(classes=classes), network()
    before = ours.head.weight.detach().clone()
    lines = load_weights(ours, theirs.state_dict(), "there", same)
    assert torch.equal(ours.head.weight, before)
    assert torch.equal(ours.stage2[0].conv1.weight, theirs.stage2[0].conv1.weight)
    assert "the head is new, its classes differ: head.weight, head.bias" in lines


def test_a_grey_picture_gives_what_it_gave_as_a_coloured_one():
    theirs, ours, x = network(channels=3).eval(), network().eval(), torch.randn(2, 1, 8, 8)
    lines = load_weights(ours, theirs.state_dict(), "there", True)
    assert torch.allclose(ours(x), theirs(x.expand(-1, 3, -1, -1)), atol=1e-6)
    assert "3 input channels became 1" in lines
    again = network(channels=3).eval()
    load_weights(again, ours.state_dict(), "there", True)
    assert torch.allclose(again(x.expand(-1, 3, -1, -1)), ours(x), atol=1e-6)


def test_missing_and_unexpected_names_are_listed():
    weights = network().state_dict()
    weights["extra"] = weights.pop("stem.0.weight")
    lines = load_weights(network(), weights, "there", True)
    assert "missing there: stem.0.weight" in lines
    assert "not known here: extra" in lines


def test_each_shape_that_does_not_fit_is_named_and_nothing_is_taken():
    ours = network()
    before = ours.head.weight.detach().clone()
    with pytest.raises(InputError) as error:
        load_weights(ours, network(widths=(2, 6)).state_dict(), "there", True)
    line = "model.pretrained: there: stage2.0.conv1.weight has the shape (6, 2, 3, 3) there and (4, 2, 3, 3) here"
    assert line in error.value.lines
    assert torch.equal(ours.head.weight, before)


def test_weights_of_something_else_are_refused():
    with pytest.raises(InputError, match=r"there has none of the network's weights; 0.weight, 0.bias"):
        load_weights(network(), nn.Sequential(nn.Linear(2, 2)).state_dict(), "there", None)
