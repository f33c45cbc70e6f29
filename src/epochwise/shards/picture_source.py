"""Pictures, of class folders or of a table of paths, as samples to be written."""

import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from epochwise.data.image_folder import ImageFolder
from epochwise.data.image_table import ImageTable
from epochwise.data.pictures.picture_files import picture_fault
from epochwise.data.samples import Samples
from epochwise.data.shards.shard_rows import ShardWriter
from epochwise.data.splits.split_samples import split_samples
from epochwise.input_error import InputError


class Folder(ImageFolder):
    """Looks at no picture: each is looked at when it is written."""

    def unusable(self, paths: Any) -> set[str]:
        return set()


class PathTable(ImageTable):
    """Looks at no picture: each is looked at when it is written."""

    def unusable(self, paths: Any) -> set[str]:
        return set()


class PictureSource:
    """Pictures as their files are, cut into splits as ``data=image_folder`` or ``data=image_table`` cuts them.

    Args:
        data: a ``Folder`` or a ``PathTable``.
        shard_bytes: from which on a shard is full.

    Raises:
        InputError: what the data module refuses; a picture is missing.
    """

    kind = "pictures"
    rows_a_batch = 1
    block = 64

    def __init__(self, data: Folder | PathTable, shard_bytes: int) -> None:
        self.skips, self.skipped = data.on_error == "skip", list[str]()
        cut = (data.val_fraction, data.test_fraction, data.split_seed, data.in_order)
        self.splits = split_samples(data.load(), *cut)
        self.spec = self.splits["train"].spec((3, 64, 64))
        self.learned: dict[str, Any] = {}
        sizes = {name: [_size(path) for path in samples.x] for name, samples in self.splits.items()}
        self.parts = {name: _parts(np.array(each), shard_bytes) for name, each in sizes.items()}
        what = [(samples.names, samples.y.tolist(), sizes[name]) for name, samples in self.splits.items()]
        self.digest = zlib.crc32(repr(what).encode())

    def prepare(self) -> None:
        """Nothing: the list of files is all that one needs."""

    def write(self, writer: ShardWriter, split: str, start: int, stop: int) -> list[str]:
        """Write some samples of a split.

        Returns:
            Those that cannot be read and were left out, a line each.

        Raises:
            InputError: one cannot be read, and none is to be left out.
        """
        samples: Samples = self.splits[split]
        skipped = []
        for place in range(start, stop):
            path = samples.x[place]
            picture = Path(path).read_bytes()
            if fault := picture_fault(BytesIO(picture)):
                line = f"{path}: not a readable picture ({fault})"
                if not self.skips:
                    raise InputError(f"{line}; on_error=skip leaves it out")
                skipped.append(line)
            else:
                writer.write([picture], samples.y[place : place + 1], [samples.names[place]])
        return skipped


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError as error:
        raise InputError(f"{path}: no such picture ({error.strerror})") from error


def _parts(sizes: np.ndarray, shard_bytes: int) -> list[tuple[int, int]]:
    """Where shards begin and end, so that each is full with its last sample."""
    full = np.flatnonzero(np.diff(np.cumsum(sizes) // shard_bytes)) + 1
    ends = [*full.tolist(), len(sizes)]
    return list(zip([0, *ends[:-1]], ends, strict=True))
