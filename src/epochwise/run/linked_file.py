"""Another name for a file, without a copy."""

import os
import shutil
from pathlib import Path


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
