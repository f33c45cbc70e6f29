"""Whether workers, or processes, are given the same samples of a stream."""

import pickle
import zlib
from collections.abc import Iterator
from typing import Any

from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from epochwise.input_error import InputError
from epochwise.items.stream import StreamReader


def check_shards(stream: Any, seed: int, num_workers: int, shards_itself: bool) -> None:
    """Hold what two workers begin with against what is said of the stream, so that no sample counts twice or never.

    Raises:
        InputError: they begin alike and should not, or the other way round.
    """
    if num_workers < 2:
        return
    loader: Any = DataLoader(_Beginning(stream, seed), batch_size=None, num_workers=2)
    first, second = loader
    tell_shards("worker", first == second, type(stream).__name__, shards_itself)


def tell_shards(who: str, alike: bool, name: str, shards_itself: bool) -> None:
    """Raise InputError where workers, or ranks, begin alike and should not, or the other way round."""
    if alike and shards_itself:
        raise InputError(
            f"data.shards_itself: got True, but every {who} of {name} begins with the same samples, which would count "
            "twice; allowed: false, and each batch is given to one of them"
        )
    if not alike and not shards_itself:
        raise InputError(
            f"data.train: each {who} of {name} begins with other samples. Where it cuts itself into shards: "
            "data.shards_itself=true; where it draws its order: from torch, numpy or random, which are seeded, or by "
            "set_epoch(epoch)"
        )


def beginning(stream: Any, seed: int, first_state: Any = None) -> int:
    """A number that tells the first samples of a stream from others; ``first_state`` is its state before any."""
    return batch_digest(StreamReader(stream, seed, None, first_state).read(0, [0]))


def batch_digest(batch: Any) -> int:
    """A number that tells a batch from others, the same in every process: a tensor's pickle has its address in it."""
    return zlib.crc32(pickle.dumps(apply_to_collection(batch, Tensor, lambda tensor: tensor.cpu().numpy())))


class _Beginning(IterableDataset):
    def __init__(self, stream: Any, seed: int) -> None:
        self.stream, self.seed = stream, seed

    def __iter__(self) -> Iterator[int]:
        yield beginning(self.stream, self.seed)
