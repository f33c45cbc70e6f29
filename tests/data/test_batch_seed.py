import random

import numpy as np
import pytest
import torch

from epochwise.data.splits import batch_seed
from epochwise.data.splits.batch_seed import seed_batch


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


def test_seeding_a_batch_does_not_write_out_the_stack(monkeypatch):
    monkeypatch.setattr(batch_seed, "_has_accelerator", lambda: False)
    monkeypatch.setattr("traceback.format_stack", lambda *_: pytest.fail("torch.manual_seed notes who asked"))
    seed_batch(0, 2, 3)


def test_every_device_that_there_is_is_seeded(monkeypatch):
    seeds = []
    monkeypatch.setattr(batch_seed, "_has_accelerator", lambda: True)
    monkeypatch.setattr(torch, "manual_seed", seeds.append)
    seed_batch(0, 2, 3)
    assert len(seeds) == 1
