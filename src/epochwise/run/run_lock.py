"""One writer for a run folder."""

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep
from typing import IO
from weakref import WeakSet

from epochwise.input_error import InputError
from epochwise.run.process_lives import process_lives

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
