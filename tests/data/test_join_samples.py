import numpy as np
import pandas as pd
import pytest

from epochwise.data.samples import Samples
from epochwise.data.splits.split_samples import join_samples


def part(x, y):
    return Samples(x, np.array(y), ["a", "b"])


@pytest.mark.parametrize("kind", [np.array, list, lambda x: pd.DataFrame({"x": x})])
def test_splits_follow_one_another_whatever_order_they_came_in(kind):
    joined = join_samples({"test": part(kind([5, 6]), [1, 1]), "train": part(kind([1, 2, 3]), [0, 1, 0])})
    assert np.ravel(joined.x).tolist() == [1, 2, 3, 5, 6]
    assert joined.y.tolist() == [0, 1, 0, 1, 1]
    assert joined.names == ["train/0", "train/1", "train/2", "test/0", "test/1"]
    assert joined.class_names == ["a", "b"]
    assert len(joined.x) == 5


def test_one_split_stays_as_it_is():
    samples = part([1, 2], [0, 1])
    assert join_samples({"train": samples}) is samples
