"""A stranger's file, opened with care: what it is, and how large it may be."""

import json
import re
import warnings
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from epochwise.input_error import InputError

#: Tables are read into memory whole, JSON into twenty times its size.
MOST_BYTES, MOST_JSON_BYTES, MOST_CELLS = 400_000_000, 50_000_000, 60_000_000
HEAD_BYTES = 65_536
#: Of an empty cell. ``nan`` is none: it was measured.
EMPTY = ("", "NA", "N/A", "n/a", "None", "none", "null", "-", "--")
#: First bytes -> what such a file is, and what to do instead.
NO_LOGS = {
    b"\x89HDF": "a file of weights (HDF5); allowed: the log of its training, such as Keras's CSVLogger writes",
    b"\x1f\x8b": "packed with gzip; unpack it first: gunzip",
    b"\x89PNG": "a picture; allowed: the numbers it was drawn from, as a table",
    b"%PDF": "a PDF; allowed: the numbers in it, as a table",
    b"\xff\xd8\xff": "a picture; allowed: the numbers it was drawn from, as a table",
}
PICKLE = re.compile(rb"\x80[\x02-\x05]")


class LogFile:
    """A file that may hold a log.

    Args:
        path: of the file.

    Raises:
        InputError: it is no file, larger than a log is, or known not to be one (a pickle, weights, a picture).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if not path.is_file():
                raise InputError(f"runs: {path} is no file; allowed: a log, a run folder, or a folder of them")
            self.bytes = path.stat().st_size
            if self.bytes > MOST_BYTES:
                most = f"at most {MOST_BYTES:,} bytes: keep one row an epoch"
                raise InputError(f"runs: {path} has {self.bytes:,} bytes, allowed: {most}")
            with open(path, "rb") as file:
                self.head = file.read(HEAD_BYTES)
        except OSError as error:
            raise InputError(f"runs: {path} cannot be read: {error.strerror or error}") from error
        self._refuse()

    def _refuse(self) -> None:
        for start, what in NO_LOGS.items():
            if self.head.startswith(start):
                raise self.refused(f"is {what}")
        if PICKLE.match(self.head):
            raise self.refused(
                "is a pickle, which could run any code and is not opened; allowed: the numbers as JSON: "
                "json.dump({'loss_curve_': model.loss_curve_, 'validation_scores_': model.validation_scores_}, file)"
            )
        if not self.head:
            raise self.refused("is empty; allowed: a log with a row an epoch")
        if self.is_zip and not self.is_excel:
            raise self.refused("is packed (a zip, or weights of torch or Keras); allowed: the log of a training")
        is_known = self.is_excel or self.is_parquet or self.is_sqlite or self.is_events or self._is_utf_16
        if b"\0" in self.head and not is_known:
            raise self.refused("holds bytes and no text; allowed: a table, JSON, or an event file of TensorBoard")

    def refused(self, why: str) -> InputError:
        """A line about this file."""
        return InputError(f"runs: {self.path} {why}")

    @property
    def _is_utf_16(self) -> bool:
        """Whether it begins as texts of Windows do."""
        return self.head.startswith((b"\xff\xfe", b"\xfe\xff"))

    @property
    def is_zip(self) -> bool:
        """Whether it is an archive, as Excel's are."""
        return self.head.startswith(b"PK\x03\x04")

    @property
    def is_excel(self) -> bool:
        """Whether it is a workbook of Excel."""
        return self.is_zip and self.path.suffix.lower() in (".xlsx", ".xlsm")

    @property
    def is_parquet(self) -> bool:
        """Whether it is a table in Apache Parquet."""
        return self.head.startswith(b"PAR1")

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a database of SQLite."""
        return self.head.startswith(b"SQLite format 3\0")

    @property
    def is_events(self) -> bool:
        """Whether it is an event file of TensorBoard."""
        return "tfevents" in self.path.name or b"brain.Event:" in self.head[:64]

    @cached_property
    def text(self) -> str:
        """All of it; UTF-8, or UTF-16 as Windows writes it."""
        if self.bytes > MOST_JSON_BYTES:
            raise self.refused(f"has {self.bytes:,} bytes, allowed in such a file: at most {MOST_JSON_BYTES:,}")
        try:
            raw = self.path.read_bytes()
            return raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise self.refused(f"cannot be read: {error}") from error

    @cached_property
    def first_lines(self) -> list[str]:
        """Those of its first 64 kB, without the last one, which may be cut off."""
        lines = self.head.decode("utf-16" if self._is_utf_16 else "utf-8-sig", errors="replace").splitlines()
        return lines if self.bytes <= HEAD_BYTES or len(lines) == 1 else lines[:-1]

    @property
    def start(self) -> str:
        """The first sign that is no blank."""
        return next((line.lstrip()[0] for line in self.first_lines if line.strip()), "")

    @cached_property
    def document(self) -> Any:
        """What it holds as one JSON value; None where it is no JSON."""
        if self.start not in ("{", "["):
            return None
        try:
            return json.loads(self.text)
        except RecursionError:
            raise self.refused("is nested too deep for a log") from None
        except ValueError:
            return None

    @cached_property
    def records(self) -> list[dict[str, Any]] | None:
        """Its lines as JSON objects, at least one; what is cut off at the end is left out. None where it has none."""
        if self.start != "{":
            return None
        lines = [line for line in self.text.splitlines() if line.strip()]
        found: list[dict[str, Any]] = []
        for number, line in enumerate(lines, start=1):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                if number == len(lines) and found:
                    break  # the run was killed while it wrote
                return None
            if not isinstance(value, dict):
                return None
            found.append(value)
        return found

    @property
    def _table_lines(self) -> list[str]:
        """The first lines of a table of text, without empty ones and without remarks behind a ``#`` above it."""
        return [line for line in self.first_lines[self._remarks :] if line.strip()]

    @property
    def _remarks(self) -> int:
        """How many lines above the header begin with ``#``."""
        lines = self.first_lines
        return next((number for number, line in enumerate(lines) if not line.lstrip().startswith("#")), len(lines))

    @cached_property
    def header(self) -> list[str]:
        """The names in the first line of a table of text, without blanks; empty where there are none."""
        import csv

        try:
            return [name.strip() for name in next(csv.reader(self._table_lines[:1], delimiter=self.separator), [])]
        except csv.Error:
            return []

    @property
    def separator(self) -> str:
        """What parts the cells of a table of text: of comma, semicolon and tab the most frequent, else blanks."""
        lines = self._table_lines[:5] or [""]
        if any(sign in lines[0] for sign in ",;\t"):
            return max(",;\t", key=lines[0].count)
        widths = {len(line.split()) for line in lines}
        return " " if len(lines) > 1 and len(widths) == 1 and widths != {1} else ","

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as pandas reads it: names without blanks, rows in their order, numbers or text.

        Raises:
            InputError: it is no table, or its rows are of another length than its header.
        """
        if self.is_excel or self.is_parquet:
            with warnings.catch_warnings(action="ignore"):  # openpyxl's, of styles
                return self._unpacked()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)  # else cells beyond the header would be lost
                frame = pd.read_csv(
                    self.path,
                    sep=self.separator,
                    skiprows=self._remarks,
                    skipinitialspace=True,
                    keep_default_na=False,
                    na_values=list(EMPTY),
                    encoding="utf-16" if self._is_utf_16 else "utf-8-sig",
                    index_col=False,
                    low_memory=False,
                )
        except pd.errors.ParserWarning:
            raise self.refused("is no table: a row has more cells than the header has names") from None
        except (OSError, ValueError, OverflowError, pd.errors.ParserError) as error:
            raise self.refused(f"cannot be read as a table: {_one_line(error)}") from error
        return self._named(frame)

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        if frame.size > MOST_CELLS:
            raise self.refused(f"has {frame.size:,} cells, allowed: at most {MOST_CELLS:,}")
        frame.columns = pd.Index([str(name).strip() for name in frame.columns])
        return frame.loc[:, ~frame.columns.duplicated()]

    def _unpacked(self) -> pd.DataFrame:
        """A packed table, whose size inside is asked before it is unpacked."""
        try:
            if self.is_excel:
                with zipfile.ZipFile(self.path) as archive:
                    self._bounded(sum(part.file_size for part in archive.infolist()))
                return self._named(pd.read_excel(self.path))
            import pyarrow.parquet as parquet

            about = parquet.ParquetFile(self.path).metadata
            packed = sum(about.row_group(index).total_byte_size for index in range(about.num_row_groups))
            self._bounded(max(packed, 8 * about.num_rows * about.num_columns))
            return self._named(pd.read_parquet(self.path))
        except ImportError:
            raise self.refused("needs one more package to be read: pip install openpyxl") from None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise self.refused(f"cannot be read as a table: {_one_line(error)}") from error

    def _bounded(self, inside: int) -> None:
        if inside > MOST_BYTES:
            raise self.refused(f"would take {inside:,} bytes unpacked, allowed: at most {MOST_BYTES:,}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).removeprefix("Error tokenizing data. C error: ").split())[:200]
