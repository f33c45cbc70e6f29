import pytest

from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.input_error import InputError

SIZES = [7, 33, 101, 499]  # in batches of 6 the last three leave 3, 5 and 1


def batches(num_samples, epoch=0, **settings):
    sampler = EpochBatches(num_samples, **settings)
    sampler.set_epoch(epoch)
    return list(sampler)


@pytest.mark.parametrize("num_samples", SIZES)
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_ranks_together_see_the_global_batches_of_a_single_process(num_samples, world_size):
    settings = {"seed": 7, "epoch": 3}
    single = batches(num_samples, batch_size=6, **settings)
    per_rank = [
        batches(num_samples, batch_size=6 // world_size, rank=rank, world_size=world_size, **settings)
        for rank in range(world_size)
    ]
    together = [set().union(*parts) for parts in zip(*per_rank, strict=True)]
    if len(single[-1]) < 2 * world_size:  # a remainder of fewer than two samples a rank goes with the batch before
        *single, before, rest = single
        single.append(before + rest)
    assert together == [set(batch) for batch in single]
    assert all(sum(map(len, parts)) == len(set().union(*parts)) for parts in zip(*per_rank, strict=True))


@pytest.mark.parametrize("num_samples", SIZES)
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_each_sample_comes_once_an_epoch(num_samples, world_size):
    seen = [
        index
        for rank in range(world_size)
        for batch in batches(num_samples, batch_size=4, rank=rank, world_size=world_size)
        for index in batch
    ]
    assert sorted(seen) == list(range(num_samples))


def test_order_follows_from_seed_and_epoch_alone():
    sampler = EpochBatches(101, 8, seed=1)
    epochs = []
    for epoch in (0, 1, 2, 1):
        sampler.set_epoch(epoch)
        epochs.append(list(sampler))
    assert epochs[1] == epochs[3] == batches(101, epoch=1, batch_size=8, seed=1)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[1] != batches(101, epoch=1, batch_size=8, seed=2)
    # Seed 1 in epoch 2 and seed 2 in epoch 1 are not the same order.
    assert epochs[2] != batches(101, epoch=1, batch_size=8, seed=2)


def test_without_shuffle_every_epoch_has_the_order_of_the_data():
    assert batches(5, epoch=4, batch_size=3, shuffle=False) == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize("num_samples", range(16, 33))
@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_no_rank_gets_a_single_sample_for_batchnorm_to_fail_on(num_samples, world_size):
    parts = [
        batches(num_samples, batch_size=8 // world_size, rank=rank, world_size=world_size) for rank in range(world_size)
    ]
    assert min(len(batch) for rank in parts for batch in rank) >= 2
    assert max(len(batch) for rank in parts for batch in rank) <= 8 // world_size + 2
    assert sum(len(batch) for rank in parts for batch in rank) == num_samples


@pytest.mark.parametrize("world_size", [1, 2])
def test_who_asks_for_single_samples_gets_them(world_size):
    parts = [batches(7, batch_size=1, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert all(len(batch) == 1 for rank in parts for batch in rank)
    assert sum(map(len, parts)) == 7 // world_size * world_size


@pytest.mark.parametrize(
    ("num_samples", "world_size", "drop_last", "expected"),
    [(8, 1, False, 2), (9, 1, False, 2), (10, 1, False, 3), (10, 1, True, 2), (11, 2, False, 1), (12, 2, False, 2)],
)
def test_length_is_the_number_of_batches(num_samples, world_size, drop_last, expected):
    sampler = EpochBatches(num_samples, 4, drop_last=drop_last, world_size=world_size)
    assert len(sampler) == len(list(sampler)) == expected


def test_too_few_samples_for_one_batch_are_an_error():
    with pytest.raises(InputError, match=r"data.batch_size=64 on 2 device\(s\).*the 100 training sample"):
        EpochBatches(100, 64, drop_last=True, world_size=2)
    with pytest.raises(InputError, match=r"the 3 training sample\(s\) do not make one batch, of at least 2 on each"):
        EpochBatches(3, 64, world_size=2)


def test_a_remainder_is_left_out_where_one_asks_for_that():
    assert sum(map(len, batches(33, batch_size=8, drop_last=True))) == 32
    assert list(map(len, batches(33, batch_size=8))) == [8, 8, 8, 9]


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_a_resumed_epoch_goes_on_behind_the_batches_it_has_taken(taken):
    whole = batches(33, epoch=4, batch_size=8, seed=1)
    resumed = EpochBatches(33, batch_size=8, seed=1, position=lambda: (4, 8 * taken))
    assert list(resumed) == whole[taken:]
    assert len(resumed) == len(whole)
