import pytest
import torch

from epochwise.model.cnn import CNN


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 28), (2, 5, 9)])
def test_pictures_of_any_size_become_one_row_of_outputs(shape):
    assert CNN(input_shape=shape, num_outputs=4)(torch.zeros(2, *shape)).shape == (2, 4)


def test_rows_of_a_table_are_refused():
    with pytest.raises(ValueError, match=r"takes pictures of shape \(C, H, W\), these samples are \(30,\); use mlp"):
        CNN(input_shape=(30,), num_outputs=2)


def test_more_blocks_than_the_picture_can_be_halved_are_refused():
    with pytest.raises(ValueError, match="4 blocks are too many for pictures of 4x4"):
        CNN(input_shape=(1, 4, 4), num_outputs=2, channels=[1, 1, 1, 1])
