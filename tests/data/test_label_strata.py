import numpy as np
import pytest

from epochwise.data.splits.label_strata import label_strata


def drawn(seed: int, rows: int = 400) -> np.ndarray:
    return (np.random.default_rng(seed).random((rows, 4)) < [0.5, 0.2, 0.1, 0.03]).astype(int)


@pytest.mark.parametrize("seed", range(5))
def test_each_label_is_spread_by_the_sizes_of_the_parts(seed):
    labels = drawn(seed)
    part = label_strata(labels, [280, 60, 60], seed)
    assert np.bincount(part).tolist() == [280, 60, 60]
    for label in range(4):
        shares = np.bincount(part[labels[:, label] == 1], minlength=3)
        assert np.abs(shares - labels[:, label].sum() * np.array([0.7, 0.15, 0.15])).max() <= 2


def test_the_same_seed_deals_the_same_and_another_one_otherwise():
    labels = drawn(0)
    assert (label_strata(labels, [200, 200], 1) == label_strata(labels, [200, 200], 1)).all()
    assert (label_strata(labels, [200, 200], 1) != label_strata(labels, [200, 200], 2)).any()


def test_samples_without_a_label_fill_the_parts_up():
    part = label_strata(np.zeros((10, 3), dtype=int), [7, 3], 0)
    assert np.bincount(part).tolist() == [7, 3]


def test_a_label_that_two_samples_have_is_in_both_of_two_parts():
    labels = np.zeros((20, 2), dtype=int)
    labels[[3, 11], 0] = 1
    part = label_strata(labels, [10, 10], 0)
    assert part[3] != part[11]
