import random

import numpy as np
import pytest
import torch

from epochwise.data.batch_seed import seed_batch


def drawn():
    return float(torch.rand(())), float(np.random.rand()), random.random()  # noqa: NPY002


@pytest.mark.parametrize("other", [(1, 2, 3, 0), (0, 3, 3, 0), (0, 2, 4, 0), (0, 2, 3, 1)])
def test_what_is_drawn_follows_from_the_place_of_the_batch_alone(other):
    seed_batch(0, 2, 3, 0)
    first = drawn()
    drawn()
    seed_batch(0, 2, 3, 0)
    assert drawn() == first
    seed_batch(*other)
    assert all(a != b for a, b in zip(drawn(), first, strict=True))
