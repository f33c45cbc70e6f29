"""Pictures kept as they were read, so that the next epoch, fold or run does not decode them again."""

import logging
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from epochwise.data.pictures.batch_memory import new_batch
from epochwise.input_error import InputError

GIB = 2**30
#: Bytes of a page of the file: SQLite's largest, since a picture has many of its usual ones.
PAGE = 2**16
#: How this version decodes and resizes: another number where another pixel comes of it, so that none is taken up then.
READING = 1
Shape = tuple[int, int, int]
#: In the place of a shape and a view: what was looked at is a picture, however it is to be seen.
CHECKED: tuple[Shape, str] = ((0, 0, 0), "checked")


class PictureCache(ABC):
    """Keeps pictures by their file and how they are seen, up to a number of bytes; what is beyond is read each time."""

    @abstractmethod
    def fill(self, batch: torch.Tensor, keys: Sequence[bytes]) -> set[int]:
        """Write those of some pictures that are kept into a batch.

        Args:
            batch: uint8 (B, C, H, W).
            keys: B pictures.

        Returns:
            The places of those that are not kept, from 0.
        """

    @abstractmethod
    def keep(self, pictures: dict[bytes, torch.Tensor]) -> None:
        """Keep pictures, as far as there is room."""

    def pictures(
        self, paths: Sequence[str], shape: Shape, view: str, read: Callable[[str], torch.Tensor]
    ) -> torch.Tensor:
        """Pictures that are kept, and those that are not: read, and kept.

        Args:
            paths: N files.
            shape: (C, H, W) of each as a network sees it.
            view: how it is brought to that shape, in words that tell one way from another.
            read: reads one.

        Returns:
            uint8 (N, C, H, W).
        """
        keys = [_key(path, shape, view) for path in paths]
        batch = new_batch((len(paths), *shape), torch.uint8)
        places = sorted(self.fill(batch, keys))
        missing = {keys[place]: paths[place] for place in places}
        if missing:
            read_now = dict(zip(missing, read_each(list(missing.values()), read), strict=True))
            self.keep(read_now)
            for place in places:
                batch[place] = read_now[keys[place]]
        return batch


def read_each(paths: Sequence[Any], read: Callable[[Any], torch.Tensor]) -> list[torch.Tensor]:
    """Pictures one after another in a worker, and by threads where there is none: decoding lets go of Python's lock.

    A thread a core, each with its share: of more, or with a task a picture, a tenth of the time goes into the lock.

    Args:
        paths: N files, or what stands for them.
        read: reads one.

    Returns:
        N pictures, in their order.
    """
    count = min(num_cores(), len(paths))
    if count < 2 or torch.utils.data.get_worker_info():
        return list(map(read, paths))
    with ThreadPoolExecutor(count) as threads:
        shares = list(threads.map(lambda first: list(map(read, paths[first::count])), range(count)))
    return [shares[place % count][place // count] for place in range(len(paths))]


def num_cores() -> int:
    """Cores of this machine that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class MemoryCache(PictureCache):
    """Pictures in the memory of this process.

    Args:
        max_bytes: of pixels.
    """

    def __init__(self, max_bytes: int) -> None:
        self.left, self.is_full = max_bytes, False
        self.found: dict[bytes, torch.Tensor] = {}

    def fill(self, batch: torch.Tensor, keys: Sequence[bytes]) -> set[int]:
        missing = set()
        for place, key in enumerate(keys):
            if key in self.found:
                batch[place] = self.found[key]
            else:
                missing.add(place)
        return missing

    def keep(self, pictures: dict[bytes, torch.Tensor]) -> None:
        for key, picture in pictures.items():
            if picture.nbytes > self.left:
                if not self.is_full:
                    self.is_full = True
                    _not_kept("memory: full")
                return
            self.left -= picture.nbytes
            self.found[key] = picture.contiguous()


class DiskCache(PictureCache):
    """Pictures in a file of SQLite, which any number of processes, folds and runs read and fill at once.

    A picture is found by its path, size and time of change, so one that was changed is read anew. A process that is
    killed leaves the file whole; one that is damaged all the same, as by a power cut, is warned of and not used.
    Nothing is ever taken out: the file may be deleted when no run uses it.
    It is opened for each batch: a database must not be carried through the fork that makes a worker.

    Args:
        file: made where it is missing, with its folder.
        max_bytes: of the file.

    Raises:
        InputError: the file cannot be read or written.
    """

    def __init__(self, file: str, max_bytes: int) -> None:
        self.file, self.max_pages, self.is_full = file, max(4, max_bytes // PAGE), False
        self.is_lost = False  # whether it could not be read
        try:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as store:
                store.execute("CREATE TABLE IF NOT EXISTS pictures (key BLOB PRIMARY KEY, pixels BLOB NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"data.cache_folder: {file}: cannot be used ({error})") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # What a power cut damages can be read again; another process's batch is written in well under a minute.
        with closing(sqlite3.connect(self.file, timeout=60, isolation_level=None)) as store:
            store.execute(f"PRAGMA page_size={PAGE}")
            store.execute("PRAGMA synchronous=OFF")
            store.execute(f"PRAGMA max_page_count={self.max_pages}")
            yield store

    def fill(self, batch: torch.Tensor, keys: Sequence[bytes]) -> set[int]:
        missing, rows = set(range(len(keys))), batch.flatten(1).numpy()
        if self.is_lost:
            return missing
        try:
            with self._opened() as store:
                for place, key in enumerate(keys):
                    for (pixels,) in store.execute("SELECT pixels FROM pictures WHERE key = ?", (key,)):
                        rows[place].data[:] = pixels
                        missing.discard(place)
        except (sqlite3.Error, ValueError, TypeError) as error:
            # Damaged, or deleted under a run; what was found before may be damaged, too.
            self.is_lost = True
            log = logging.getLogger(__name__)
            log.warning(
                "data.cache: pictures are read each time (%s: %s); delete it when no run uses it", self.file, error
            )
            return set(range(len(keys)))
        return missing

    def keep(self, pictures: dict[bytes, torch.Tensor]) -> None:
        if self.is_full or self.is_lost:
            return
        rows = [(key, picture.contiguous().numpy().data) for key, picture in pictures.items()]
        try:
            with self._opened() as store, store:
                store.execute("BEGIN IMMEDIATE")
                store.executemany("INSERT OR IGNORE INTO pictures VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            # Full by its bound or by the disk; or others write without end. The pictures are there all the same.
            self.is_full = True
            _not_kept(f"{self.file}: {error}")

    def unchecked(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Of some files those that are not known to be pictures, each with what to tell ``keep_checked``."""
        keys = {path: _key(path, *CHECKED) for path in paths}
        try:
            with self._opened() as store:
                asked = "SELECT 1 FROM checked WHERE key = ?"
                return {path: key for path, key in keys.items() if not store.execute(asked, (key,)).fetchone()}
        except sqlite3.Error:  # nothing was kept; or it is damaged, which is said when pictures are read from it
            return keys

    def keep_checked(self, keys: Sequence[bytes]) -> None:
        """Keep that files can be read, as they were when ``unchecked`` was asked."""
        # In a cache that is full they are looked at each time.
        with suppress(sqlite3.Error), self._opened() as store, store:
            store.execute("BEGIN IMMEDIATE")
            store.execute("CREATE TABLE IF NOT EXISTS checked (key BLOB PRIMARY KEY) WITHOUT ROWID")
            store.executemany("INSERT OR IGNORE INTO checked VALUES (?)", [(key,) for key in keys])


def _key(path: str, shape: Shape, view: str) -> bytes:
    state = os.stat(path)
    said = (os.path.abspath(path), state.st_size, state.st_mtime_ns, shape, view, READING, *_READERS)
    return blake2b(repr(said).encode(), digest_size=16).digest()


#: Other versions may read other pixels.
_READERS = (version("pillow"), version("torch"), version("torchvision"))


def _not_kept(why: str) -> None:
    log = logging.getLogger(__name__)
    log.warning("data.cache: what is not kept yet is read each time (%s); data.cache_gib is the bound", why)
