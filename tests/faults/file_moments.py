"""The moments at which a process does something to the files of a folder."""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import RLock

#: What leaves other files behind than were there: a kill just behind it is a case of its own.
CHANGES = ("replace", "link", "unlink")


def at_moment(folder: Path, which: str | None, act: Callable[[], object], log: Path) -> None:
    """Act at one moment of this process, which does not depend on how fast it runs.

    A moment is before a file of the folder is opened to be written, when it is written and about to be flushed to the
    disk, and after it is renamed, linked or removed: between two of them a kill leaves no other files behind. Threads
    do so beside each other: a moment is the n-th one at which the same is done to the same file.

    Args:
        folder: whose files count.
        which: the moment, as its line in the log has it: ``after link checkpoints/best.ckpt #1``; None for none.
        act: what is done then.
        log: a file outside the folder, to which a line is written for each moment.
    """
    lines = open(log, "w", buffering=1)  # noqa: SIM115 (the process's to its end)
    seen: Counter[str] = Counter()
    lock = RLock()

    def moment(what: str, path: object) -> None:
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        if Path(str(path)).is_relative_to(folder):
            # Numbers in names are of processes and times.
            described = re.sub(r"\d+", "N", f"{what} {Path(str(path)).relative_to(folder)}")
            with lock:
                seen[described] += 1
                described = f"{described} #{seen[described]}"
                lines.write(f"{described}\n")
            if which == described:
                act()

    def changing(name: str) -> Callable:
        change = getattr(os, name)

        @wraps(change)
        def changed(path, *args, **kwargs):
            result = change(path, *args, **kwargs)
            moment(f"after {name}", args[0] if name in ("replace", "link") else path)
            return result

        return changed

    def flushing(descriptor: int) -> None:
        moment("before fsync", descriptor)
        flush(descriptor)

    def opened(event: str, args: tuple) -> None:
        if event == "open" and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR):
            moment("before open", args[0])

    flush, os.fsync = os.fsync, flushing
    for name in CHANGES:
        setattr(os, name, changing(name))
    sys.addaudithook(opened)
