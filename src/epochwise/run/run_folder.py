"""A run folder: who works in it, and files that are whole or not there."""

import fcntl
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any
from weakref import WeakSet

from epochwise.input_error import InputError


@contextmanager
def whole_file(path: str | os.PathLike[str], mode: str = "w") -> Iterator[IO]:
    """Open a file that takes its name only once it is complete.

    It is written beside the target (a rename inside one file system is atomic, one from the system's temp folder often
    is not), flushed to the disk and renamed. If writing fails, what stood under the name before stays.

    Args:
        path: the file; its folder must exist.
        mode: ``"w"`` for text in UTF-8, ``"wb"`` for bytes.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(
            beside, mode, encoding=None if "b" in mode else "utf-8", newline=None if "b" in mode else "\n"
        ) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder for what is written within, and those above it; where that fails and leaves nothing, they go again.

    Args:
        folder: may be there, as it then stays.
    """
    made = [place for place in (folder.absolute(), *folder.absolute().parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for place in made:
            with suppress(OSError):  # something is in it
                place.rmdir()
        raise


def link_file(source: Path, target: Path) -> None:
    """Let a file bear a second name, whole or not at all, in the place of what bore it before.

    For files that are replaced and never written over, as checkpoints are: what is linked then stays as it is. Where a
    disk has no links, or it is another disk, the file is copied.

    Args:
        source: the file.
        target: its other name; the folder must exist.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        os.link(source, beside)
    except OSError:
        shutil.copyfile(source, beside)
    os.replace(beside, target)
    beside.unlink(missing_ok=True)  # where both were the same file, the system leaves it


MOST_BYTES = 10_000_000


def read_json(file: Path) -> dict[str, Any]:
    """What it holds, by name; nothing where it is absent, damaged, larger than ``MOST_BYTES``, or no mapping."""
    try:
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def finite(value: Any) -> Any:
    """The same nested dicts and lists with None for each number that is not finite: JSON has no such numbers."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def process_lives(number: str) -> bool:
    """Ask this machine for a process.

    Args:
        number: of the process, as text that may be anything.

    Returns:
        Whether it is there, whoever's it is; False for a text that is no number.
    """
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


#: Of this process; a forked one would hold them, too.
_HELD: "WeakSet[RunLock]" = WeakSet()
os.register_at_fork(after_in_child=lambda: [lock.file.close() for lock in _HELD])


class RunLock:
    """Hold a run folder for as long as this process lives; the system lets go of it however the process ends.

    Its workers do not hold it: they outlive a process that is killed by some seconds.

    Args:
        run_folder: the folder; ``.lock`` in it names the process that holds it.
        seconds: how long to wait for one that is gone, of which a worker may just have been started.

    Raises:
        InputError: another process that lives is writing to the folder, or it cannot be written.
    """

    file: IO[str]

    def __init__(self, run_folder: Path, seconds: float = 15.0) -> None:
        self.path = run_folder / ".lock"
        give_up = monotonic() + seconds
        while (holder := self._take()) is not None:
            if process_lives(holder) or monotonic() > give_up:
                raise InputError(f"run_folder: process {holder} is writing to {run_folder}; one at a time")
            sleep(0.2)
        _HELD.add(self)

    def _take(self) -> str | None:
        """Try once; return who holds it instead."""
        try:
            # Not through a link: the folder may be a stranger's, and what the link leads to would be overwritten.
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            self.file = os.fdopen(descriptor, "r+", errors="replace")
        except OSError as error:
            raise InputError(f"run_folder: cannot write {self.path}: {error.strerror or error}") from error
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.seek(0)
            with self.file:
                return self.file.read().strip()
        if not self.path.exists() or os.fstat(self.file.fileno()).st_ino != self.path.stat().st_ino:
            self.file.close()  # whoever held it has removed the file since
            return ""
        self.file.truncate(0)
        self.file.write(str(os.getpid()))
        self.file.flush()
        return None

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.file.close()  # whoever held it ended without a word

    def release(self) -> None:
        """Let go of the folder."""
        self.path.unlink(missing_ok=True)
        self.file.close()

    @staticmethod
    def is_held(run_folder: Path) -> bool:
        """Whether some process, on whatever machine, is writing to a folder."""
        try:
            with (run_folder / ".lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False
