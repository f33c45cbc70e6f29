"""Every sample once a pass, whatever window, block and part of it is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochwise.data.shards.window_order import OrderOfPasses, WindowOrder

COUNT = st.integers(1, 300)


@given(samples=COUNT, window=COUNT, block=COUNT, epoch=st.integers(0, 3), step=COUNT)
def test_every_sample_comes_once(samples, window, block, epoch, step):
    order = WindowOrder(samples, 7, epoch, window, block)
    whole = order[0:samples]
    assert sorted(whole.tolist()) == list(range(samples))
    parts = [WindowOrder(samples, 7, epoch, window, block)[start : start + step] for start in range(0, samples, step)]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_what_fits_into_a_window_has_the_order_of_data_in_memory():
    whole = np.random.default_rng((3, 2)).permutation(np.arange(100))
    assert WindowOrder(100, 3, 2, 100, 16)[0:100].tolist() == whole.tolist()


def test_a_window_reads_from_as_many_places_as_it_has_blocks():
    order = WindowOrder(1000, 0, 0, window=80, block=10)
    for start in range(0, 1000 - 80, 80):
        assert len(set((order[start : start + 80] // 10).tolist())) == 8


@given(samples=COUNT, each=COUNT, epochs=st.integers(1, 6))
def test_epochs_of_some_samples_go_through_passes_that_give_each_once(samples, each, epochs):
    def of_a_pass(number):
        return WindowOrder(samples, 1, number, 50, 8)

    seen = np.concatenate([OrderOfPasses(each, epoch, of_a_pass)[0:each] for epoch in range(epochs)])
    assert len(seen) == epochs * each
    for start in range(0, len(seen) - samples + 1, samples):
        assert sorted(seen[start : start + samples].tolist()) == list(range(samples))


def test_passes_have_other_orders():
    first, second = (OrderOfPasses(50, epoch, lambda number: WindowOrder(50, 0, number, 50, 8)) for epoch in (0, 1))
    assert first[0:50].tolist() != second[0:50].tolist()


@pytest.mark.parametrize("part", [slice(0, 0), slice(40, 40), slice(90, 200)])
def test_a_part_beyond_the_end_is_empty_or_short(part):
    assert len(WindowOrder(100, 0, 0, 20, 8)[part]) == len(range(100)[part])
