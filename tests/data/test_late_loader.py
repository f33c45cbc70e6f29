import numpy as np
import torch
from torch.utils.data import DataLoader, SequentialSampler

from epochwise.data.splits.late_loader import LateLoader


class Noting(SequentialSampler):
    """Notes when it is asked for its first index."""

    asked = False

    def __iter__(self):
        self.asked = True
        yield from super().__iter__()


def test_nothing_is_read_before_the_first_batch_is_wanted():
    for num_workers in (0, 1):
        sampler = Noting(range(4))
        loader = LateLoader(range(4), sampler=sampler, batch_size=None, num_workers=num_workers)
        batches = iter(loader)
        assert not sampler.asked
        assert next(batches) == 0
        assert sampler.asked
        assert list(batches) == [1, 2, 3]


def test_batches_are_those_of_a_dataloader():
    samples = [np.arange(3), {"x": torch.ones(2), "words": ["a"]}, (np.float32(1.5), 2)]
    found = [list(kind(samples, batch_size=None, sampler=[2, 0, 1])) for kind in (LateLoader, DataLoader)]
    assert str(found[0]) == str(found[1])
    assert [type(each) for each in found[0]] == [type(each) for each in found[1]]
    in_batches = [list(kind(range(5), batch_size=2)) for kind in (LateLoader, DataLoader)]
    assert str(in_batches[0]) == str(in_batches[1])
