import numpy as np
import pytest

from epochwise.data.samples import Samples, fewer_samples
from epochwise.input_error import InputError

SAMPLES = Samples(np.arange(100), np.repeat([0, 1, 2], [50, 40, 10]), ["a", "b", "c"])


def test_each_class_is_kept_in_its_proportion():
    assert np.bincount(fewer_samples(SAMPLES, 20, seed=0).y).tolist() == [10, 8, 2]


@pytest.mark.parametrize("most", [3, 4, 7])
def test_every_class_stays_however_few_are_kept(most):
    kept = fewer_samples(SAMPLES, most, seed=0)
    assert (len(kept), set(kept.y)) == (most, {0, 1, 2})


def test_fewer_are_among_more_and_keep_their_names_and_targets():
    few, more = (fewer_samples(SAMPLES, most, seed=1) for most in (10, 30))
    assert set(few.names) < set(more.names)
    assert all(SAMPLES.y[int(name)] == label for name, label in zip(few.names, few.y, strict=True))
    assert few.x.tolist() == [int(name) for name in few.names]


def test_no_more_are_kept_than_there_are():
    assert fewer_samples(SAMPLES, 1000, seed=0).names == SAMPLES.names


def test_numbers_are_drawn_without_classes():
    assert len(fewer_samples(Samples([[0.0]] * 9, np.linspace(0, 1, 9)), 4, seed=0)) == 4


def test_fewer_than_there_are_classes_is_an_error():
    with pytest.raises(InputError, match=r"max_train_samples: got 2, allowed: at least one for each of 3 classes"):
        fewer_samples(SAMPLES, 2, seed=0)
