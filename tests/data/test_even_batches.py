import pytest

from epochwise.data.splits.epoch_batches import EvenBatches
from epochwise.input_error import InputError


@pytest.mark.parametrize("num_samples", [3, 5, 33, 101, 499])
@pytest.mark.parametrize("world_size", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [1, 2, 16, 1000])
def test_every_sample_comes_once_in_equally_many_batches_on_every_rank(num_samples, world_size, batch_size):
    samplers = [EvenBatches(num_samples, batch_size, rank, world_size) for rank in range(world_size)]
    per_rank = [list(sampler) for sampler in samplers]
    assert [index for rank in per_rank for batch in rank for index in batch] == list(range(num_samples))
    assert {len(rank) for rank in per_rank} == {len(samplers[0])}
    sizes = [len(batch) for rank in per_rank for batch in rank]
    assert min(sizes) >= 1
    assert max(sizes) <= max(batch_size, 2 if world_size > 1 else 1)


def test_order_is_the_same_every_time():
    sampler = EvenBatches(10, 4)
    assert list(sampler) == list(sampler) == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_fewer_samples_than_ranks_are_an_error():
    with pytest.raises(InputError, match=r"2 sample\(s\) cannot be split over 3 devices"):
        EvenBatches(2, 4, 0, 3)
