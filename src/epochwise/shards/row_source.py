"""Rows of a table of any size, as samples to be written."""

import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_object_dtype
from pyarrow import parquet

from epochwise.data.samples import Samples
from epochwise.data.shards.shard_rows import ShardWriter
from epochwise.data.splits.split_samples import split_samples
from epochwise.data.table import Table
from epochwise.data.tables.columns import encode_columns, learn_columns
from epochwise.data.tables.target_columns import read_targets, target_names
from epochwise.input_error import InputError
from epochwise.run.run_folder import whole_file

#: Rows of a table that are held at once.
CHUNK = 100_000
TELL_EVERY_SECONDS = 5.0
#: Training rows that say what is learned of columns, at most, evenly spaced: of more, they say the same.
MOST_LEARNED_FROM = 100_000
BLOCK_BYTES = 256 << 10  # of a record batch, at most, where that is no fewer than 16 rows


class RowSource:
    """Rows of a CSV or Parquet file, cut and encoded as ``data=table`` does.

    They are first copied to Arrow files, from which rows can be taken in any order; what is held in memory are the
    targets and some 100 bytes a row of them.

    Args:
        table: its settings.
        scratch: a folder for the copy, as large as the table; one that is whole is taken as it is.
        shard_bytes: of a shard, about.
    """

    kind = "rows"
    skipped: tuple[str, ...] = ()

    def __init__(self, table: Table, scratch: Path, shard_bytes: int) -> None:
        self.table, self.scratch, self.shard_bytes = table, scratch, shard_bytes
        stat = Path(table.path).stat()
        self.digest = zlib.crc32(f"{stat.st_size} {stat.st_mtime_ns}".encode())

    def prepare(self) -> None:
        """Copy the table, and learn what its training rows say of each column.

        Raises:
            InputError: what the data module refuses.
        """
        table = self.table
        self.chunks = copied(Path(table.path), self.scratch, self.digest)
        self.starts = np.cumsum([0, *(each.num_rows for each in self.chunks)])
        table.features(self.chunks[0].slice(0, 1).to_pandas())  # whether all columns are there
        asked = [*target_names(table.target), *([table.groups] if table.groups else [])]
        beside = pd.concat([each.select(asked).to_pandas() for each in self.chunks], ignore_index=True)
        given = read_targets(beside, table.target, table.kind, table.separator)
        groups = None if table.groups is None else beside[table.groups].to_numpy()
        rows = np.arange(len(beside))
        cut = (table.val_fraction, table.test_fraction, table.split_seed, table.in_order)
        self.splits: dict[str, Samples] = split_samples({"train": Samples(rows, groups=groups, **given)}, *cut)
        train = self.splits["train"]
        step = -(-len(train) // MOST_LEARNED_FROM)
        fill = table.on_missing == "median"
        columns = learn_columns(self._frame(train.x[::step]), table.dates, table.texts)
        self.learned: dict[str, Any] = {"columns": columns, "fill": fill}
        width = encode_columns(self._frame(train.x[:1]), columns, fill=True).shape[1]
        self.spec = train.spec((width,))
        self.block = self.rows_a_batch = 2 ** int(np.clip(np.log2(BLOCK_BYTES / (4 * width)), 4, 10))
        each = max(1, self.shard_bytes // (4 * width * self.block)) * self.block
        self.parts = {
            name: [(start, min(start + each, len(samples))) for start in range(0, len(samples), each)]
            for name, samples in self.splits.items()
        }

    def write(self, writer: ShardWriter, split: str, start: int, stop: int) -> list[str]:
        """Write some samples of a split.

        Raises:
            InputError: a cell is empty, or not what the training rows hold in its column.
        """
        step = max(1, CHUNK // self.block) * self.block
        for piece in range(start, stop, step):
            samples = self.splits[split].take(np.arange(piece, min(piece + step, stop)))
            x = encode_columns(self._frame(samples.x), self.learned["columns"], self.learned["fill"]).numpy()
            for row in range(0, len(samples), self.block):
                part = slice(row, row + self.block)
                writer.write(x[part], samples.y[part], samples.names[part])
        return []

    def _frame(self, rows: np.ndarray) -> pd.DataFrame:
        """Rows of the table by their numbers, in the given order."""
        order = np.argsort(rows, kind="stable")
        of = np.searchsorted(self.starts, rows[order], side="right") - 1
        taken = []
        for chunk in np.unique(of):
            some = rows[order][of == chunk]
            frame = self.chunks[chunk].take(pa.array(some - self.starts[chunk])).to_pandas()
            taken.append(frame.set_index(some))
        return self.table.features(pd.concat(taken).loc[rows])


def copied(path: Path, scratch: Path, digest: int) -> list[pa.Table]:
    """The rows of a table, mapped from Arrow files that are written where they are not there.

    Args:
        path: of the table.
        scratch: the folder of these files.
        digest: tells the table from others.

    Raises:
        InputError: it is no readable table, or has no row.
    """
    mark, what = scratch / "whole", str(digest)
    if not mark.is_file() or mark.read_text() != what:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        so_far, tell_at = 0, monotonic() + TELL_EVERY_SECONDS
        try:
            for number, frame in enumerate(_frames(path)):
                so_far += len(frame)
                if monotonic() > tell_at:
                    print(f"{so_far:,} rows read", file=sys.stderr, flush=True)
                    tell_at = monotonic() + TELL_EVERY_SECONDS
                rows = pa.Table.from_pandas(_plain(frame), preserve_index=False)
                with (
                    pa.OSFile(str(scratch / f"{number:06}.arrow"), "wb") as file,
                    pa.ipc.new_file(file, rows.schema) as to,
                ):
                    to.write_table(rows)
        except (ValueError, OSError, pa.ArrowException) as error:
            raise InputError(f"SOURCE={path}: not a readable table ({' '.join(str(error).split())})") from error
        with whole_file(mark) as file:
            file.write(what)
    tables = [pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in sorted(scratch.glob("*.arrow"))]
    if not sum(each.num_rows for each in tables):
        raise InputError(f"SOURCE={path}: no row in it")
    return tables


def _frames(path: Path) -> Iterator[pd.DataFrame]:
    if path.suffix == ".csv":
        yield from pd.read_csv(path, chunksize=CHUNK)
    else:
        yield from (batch.to_pandas() for batch in parquet.ParquetFile(path).iter_batches(CHUNK))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """With text in each column that is neither numbers nor dates: pandas leaves some mixed."""
    mixed = [str(name) for name, dtype in frame.dtypes.items() if is_object_dtype(dtype)]
    return frame.assign(**{name: frame[name].where(frame[name].isna(), frame[name].astype(str)) for name in mixed})
