import pytest
import torch
from torchvision.models import resnet18

from epochwise.model.resnet import ResNet


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_small_pictures_keep_their_size_up_to_the_first_block(depth):
    net = ResNet(input_shape=(1, 8, 8), num_outputs=3, depth=depth).eval()
    assert net.conv1(torch.zeros(2, 1, 8, 8)).shape[-2:] == (8, 8)
    assert net(torch.zeros(2, 1, 8, 8)).shape == (2, 3)


def test_large_pictures_meet_the_stem_of_torchvision():
    ours = {k: v.shape for k, v in ResNet(input_shape=(3, 64, 64), num_outputs=1000).state_dict().items()}
    assert ours == {k: v.shape for k, v in resnet18().state_dict().items()}


def test_large_grey_pictures_need_no_third_channel():
    assert ResNet(input_shape=(1, 64, 64), num_outputs=3)(torch.zeros(2, 1, 64, 64)).shape == (2, 3)


def test_rows_of_a_table_are_refused():
    with pytest.raises(ValueError, match="use mlp"):
        ResNet(input_shape=(30,), num_outputs=2)
