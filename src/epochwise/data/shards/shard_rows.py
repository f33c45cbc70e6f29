"""Samples of shards, read by their numbers: Arrow files, of which a record batch is read at a time."""

import os
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from epochwise.data.shards.shard_folder import Shard
from epochwise.input_error import InputError

#: Files that are open at once in a process; each holds some 50 kB.
MOST_OPEN = 64
#: Bytes of rows that a process keeps, so that a block is read once while its window is.
MOST_KEPT = 32 << 20
CRC = b"crc32"
# Not ``memory_map``: what is mapped counts as this process's memory, and grows with the data.
OPTIONS = pa.ipc.IpcReadOptions(use_threads=False)


class ShardRows:
    """N samples that lie in some shards, one after another.

    Every record batch that is read is held against its checksum.

    Args:
        folder: of the shards.
        shards: in their order.
        rows_a_batch: samples of a record batch; the last one of a shard may have fewer.
    """

    def __init__(self, folder: Path, shards: Sequence[Shard], rows_a_batch: int) -> None:
        self.folder, self.shards, self.rows_a_batch = folder, list(shards), rows_a_batch
        self.ends = np.cumsum([shard.samples for shard in self.shards])
        self._begin()

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_open", "_kept", "_process")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def read(self, places: Sequence[int]) -> tuple[Any, np.ndarray]:
        """``x`` and ``y`` of some samples.

        Returns:
            A list of B encoded pictures (bytes), or (B, F) float32; and (B,) or (B, T) targets.

        Raises:
            InputError: a shard cannot be read, or does not agree with its checksum.
        """
        shards, batches, rows = self._place(np.asarray(places))
        if self.rows_a_batch == 1:
            found = [self._batch(shard, batch) for shard, batch in zip(shards.tolist(), batches.tolist(), strict=True)]
            return [x[0] for x, _ in found], np.concatenate([y for _, y in found])
        parts, keys = {}, shards * (int(batches.max(initial=0)) + 1) + batches
        for key, at in zip(*np.unique(keys, return_index=True), strict=True):
            parts[int(key)] = self._batch(int(shards[at]), int(batches[at]))
        picked = [(parts[key], row) for key, row in zip(keys.tolist(), rows.tolist(), strict=True)]
        return np.stack([x[row] for (x, _), row in picked]), np.stack([y[row] for (_, y), row in picked])

    def column(self, name: str) -> list[Any]:
        """``y`` or ``name`` of all samples, without reading ``x``."""
        found: list[Any] = []
        options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=[("x", "y", "name").index(name)])
        for shard in self.shards:
            with self._file(shard, options) as reader:
                for batch in range(reader.num_record_batches):
                    found += reader.get_batch(batch).column(0).to_pylist()
        return found

    def where(self, place: int) -> str:
        """Shard and number of a sample, in words."""
        (shard,), (batch,), (row,) = self._place(np.array([place]))
        return f"shard {self.shards[shard].file}, sample {batch * self.rows_a_batch + row} (counted from 0)"

    def _begin(self) -> None:
        self._process = os.getpid()
        self._open: OrderedDict[int, Any] = OrderedDict()
        self._kept: OrderedDict[tuple[int, int], tuple[Any, np.ndarray]] = OrderedDict()

    def _place(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Shard, record batch in it and row in that, of samples."""
        shards = np.searchsorted(self.ends, places, side="right")
        within = places - np.concatenate([[0], self.ends])[shards]
        return shards, within // self.rows_a_batch, within % self.rows_a_batch

    def _batch(self, shard: int, number: int) -> tuple[Any, np.ndarray]:
        if self._process != os.getpid():  # a worker has files of its own
            self._begin()
        if (kept := self._kept.get((shard, number))) is not None:
            self._kept.move_to_end((shard, number))
            return kept
        found = self._checked(shard, number)
        if self.rows_a_batch > 1:
            self._kept[shard, number] = found
            while len(self._kept) * found[0].nbytes > MOST_KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return found

    def _checked(self, shard: int, number: int) -> tuple[Any, np.ndarray]:
        try:
            batch, metadata = self._reader(shard).get_batch_with_custom_metadata(number)
            x, y = values(batch.column(0)), values(batch.column(1))
            if metadata is None or int(metadata[CRC]) != batch_checksum(x, y):
                raise ValueError("does not agree with its checksum")
        except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
            said = " ".join(str(error).split())[:200]
            file = self.folder / self.shards[shard].file
            raise InputError(f"{file}: damaged, record batch {number} (counted from 0): {said}") from error
        return x, y

    def _reader(self, shard: int) -> Any:
        if shard not in self._open:
            self._open[shard] = self._file(self.shards[shard], OPTIONS)
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(shard)
        return self._open[shard]

    def _file(self, shard: Shard, options: pa.ipc.IpcReadOptions) -> Any:
        return pa.ipc.open_file(pa.OSFile(str(self.folder / shard.file)), options=options)


def values(column: Any) -> Any:
    """A column as a list of bytes, or as an array (B,) or (B, T)."""
    if isinstance(column, pa.BinaryArray):
        return column.to_pylist()
    if isinstance(column, pa.FixedSizeListArray):
        return column.flatten().to_numpy().reshape(len(column), -1)
    return column.to_numpy()


def batch_checksum(x: Any, y: np.ndarray) -> int:
    """CRC-32 of the inputs and targets of a record batch."""
    found = 0
    for part in x if isinstance(x, list) else [np.ascontiguousarray(x).data]:
        found = zlib.crc32(part, found)
    return zlib.crc32(np.ascontiguousarray(y).data, found)


class ShardWriter:
    """Writes the samples of one shard.

    Args:
        file: opened for bytes.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.writer: Any = None

    def write(self, x: Any, y: np.ndarray, names: Sequence[str]) -> None:
        """Write a record batch: a list of B bytes, or (B, F) float32; (B,) or (B, T) targets; B names."""
        columns = [pa.array(x, pa.binary()) if isinstance(x, list) else _column(x), _column(y), pa.array(names)]
        batch = pa.record_batch(columns, ["x", "y", "name"])
        if self.writer is None:
            self.writer = pa.ipc.new_file(self.file, batch.schema)
        self.writer.write_batch(batch, custom_metadata={CRC: str(batch_checksum(x, y)).encode()})

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _column(given: np.ndarray) -> Any:
    if given.ndim == 1:
        return pa.array(given)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(given).ravel()), given.shape[1])
