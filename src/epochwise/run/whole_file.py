"""Files that are whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


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
