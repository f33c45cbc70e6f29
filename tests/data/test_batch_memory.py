import copy
import pickle

import pytest
import torch
from torchvision.transforms.v2 import functional

from epochwise.data.digits import Digits
from epochwise.data.pictures.batch_memory import LARGE, BatchRooms, new_batch, unit_floats
from epochwise.data.pictures.channel_scales import ChannelScales

SHAPES = [(2, 3, 5, 7), (3, 3, 700, 701), (40, 3, 120, 120)]
LEARNED = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}


def bytes_of(shape):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("new", [new_batch, BatchRooms().new])
def test_a_batch_lies_as_torch_lays_its_own(shape, dtype, new):
    batch = new(shape, dtype)
    assert (batch.shape, batch.dtype, batch.is_contiguous(), batch.data_ptr() % 64) == (shape, dtype, True, 0)


def test_a_large_batch_takes_the_other_way():
    assert [4 * torch.Size(shape).numel() >= LARGE for shape in SHAPES] == [False, True, True]


HOLDS = {
    "itself": lambda batch: batch,
    "a view": lambda batch: batch[1:, :5],
    "an array": lambda batch: batch.numpy(),
    "a view of an array": lambda batch: batch.numpy()[2:],
    "its storage": lambda batch: batch.untyped_storage(),
    "without gradients": lambda batch: batch.detach(),
    "a gradient": lambda batch: (batch * torch.ones((), requires_grad=True)).sum(),
}


@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS)
def test_memory_is_lent_again_once_nothing_looks_at_it(hold):
    rooms, shape = BatchRooms(), (2048, 1024)
    first = rooms.new(shape, torch.float32)
    place = first.data_ptr()
    held = hold(first)
    del first
    others = [rooms.new(shape, torch.float32) for _ in range(3)]
    assert place not in {other.data_ptr() for other in others}
    assert len({other.data_ptr() for other in others}) == 3
    del held
    assert rooms.new((1500, 1024), torch.float32).data_ptr() == place


def test_a_copy_has_memory_of_its_own():
    rooms = BatchRooms()
    place = rooms.new((2048, 1024), torch.float32).data_ptr()
    for other in (copy.deepcopy(rooms), pickle.loads(pickle.dumps(rooms))):
        kept = other.new((2048, 1024), torch.float32)
        assert kept.data_ptr() != place


@pytest.mark.parametrize("shape", SHAPES)
def test_floats_are_those_of_torchvision_to_the_bit(shape):
    x = bytes_of(shape)
    for each in (x, x.transpose(2, 3), x.to(memory_format=torch.channels_last), x.float(), x.double()):
        assert torch.equal(unit_floats(each), functional.to_dtype(each, torch.float32, scale=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_are_scaled_as_their_floats_are_to_the_bit(shape):
    x, scales = bytes_of(shape), ChannelScales()
    expected = scales.scaled(functional.to_dtype(x, torch.float32, scale=True), LEARNED)
    kept = [scales.scaled(x, LEARNED) for _ in range(3)]
    kept.append(scales.scaled(x.to(memory_format=torch.channels_last), LEARNED))
    assert all(torch.equal(each, expected) for each in kept)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("several", [False, True])
def test_floats_of_the_data_are_never_written_to(several, dtype):
    data = Digits()
    data.learned = {"mean": [0.5], "std": [0.1]}
    data.learned |= {"inputs": {"a": data.learned, "b": data.learned}}
    x = torch.rand(4, 1, 8, 8, dtype=dtype)
    kept = x.clone()
    given = {"a": x, "b": (x * 255).byte()} if several else x
    found, _ = data.on_after_batch_transfer([given, torch.zeros(4)])
    assert torch.equal(x, kept)
    assert torch.equal(found["a"] if several else found, (kept.float() - 0.5) / 0.1)
