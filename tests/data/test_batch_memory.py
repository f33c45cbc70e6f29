import pytest
import torch
from torchvision.transforms.v2 import functional

from epochwise.data.digits import Digits
from epochwise.data.pictures.batch_memory import LARGE, new_batch, unit_floats
from epochwise.data.pictures.channel_scales import ChannelScales

SHAPES = [(2, 3, 5, 7), (3, 3, 700, 701)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_batch_lies_as_torch_lays_its_own(shape, dtype):
    batch = new_batch(shape, dtype)
    assert (batch.shape, batch.dtype, batch.is_contiguous(), batch.data_ptr() % 64) == (shape, dtype, True, 0)


def test_a_large_batch_takes_the_other_way():
    assert [4 * torch.Size(shape).numel() >= LARGE for shape in SHAPES] == [False, True]


@pytest.mark.parametrize("shape", SHAPES)
def test_floats_are_those_of_torchvision_to_the_bit(shape):
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    for each in (x, x.transpose(2, 3), x.to(memory_format=torch.channels_last), x.float(), x.double()):
        assert torch.equal(unit_floats(each), functional.to_dtype(each, torch.float32, scale=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_made_of_bytes_is_scaled_where_it_stands_and_comes_out_the_same(shape):
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    learned = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}
    floats = unit_floats(x)
    expected = ChannelScales().scaled(floats, learned)
    assert torch.equal(floats, unit_floats(x))
    found = ChannelScales().scaled(floats, learned, keep=x)
    assert found.data_ptr() == floats.data_ptr()
    assert torch.equal(found, expected)


@pytest.mark.parametrize("several", [False, True])
def test_floats_of_the_data_are_never_written_to(several):
    data = Digits()
    data.learned = {"mean": [0.5], "std": [0.1]}
    data.learned |= {"inputs": {"a": data.learned, "b": data.learned}}
    x = torch.rand(4, 1, 8, 8)
    kept = x.clone()
    given = {"a": x, "b": (x * 255).byte()} if several else x
    found, _ = data.on_after_batch_transfer([given, torch.zeros(4)])
    assert torch.equal(x, kept)
    assert torch.equal(found["a"] if several else found, (kept - 0.5) / 0.1)
