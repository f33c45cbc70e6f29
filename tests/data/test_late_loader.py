from torch.utils.data import SequentialSampler

from epochwise.data.batched_data_module import LateLoader


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
