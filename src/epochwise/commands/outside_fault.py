"""What goes wrong outside the program while it runs."""

import errno
import os
from pathlib import Path

from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch.distributed import DistNetworkError

from epochwise.config.trusted_config import run_words

FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EIO, errno.ESTALE)
UNLIKE = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENXIO)  # a file for a folder, a pipe for a file


def outside_fault(error: BaseException | None, run_folder: Path) -> str | None:
    """Say in a line what is at the bottom of an error, where it is no fault of the code.

    Args:
        error: what ended the run.
        run_folder: what it was writing to.

    Returns:
        A line for a full disk, a run folder that has vanished or cannot be written, processes that cannot meet, an
        account or a network that wandb lacks, a package that a library asks for in words of its own, or settings that
        Lightning refuses once training starts; ``None`` for anything else.
    """
    while error is not None:
        if isinstance(error, OSError):
            if error.errno in FULL:
                whole = "what was written before is whole: make room and go on by"
                return f"run_folder: no space left for {run_folder}; {whole} {run_words(run_folder)}"
            if error.errno in UNWRITABLE + UNLIKE and str(error.filename).startswith(str(run_folder)):
                return f"run_folder: cannot write {error.filename}: {error.strerror}"
        if isinstance(error, DistNetworkError):
            where = f"{os.environ.get('MASTER_ADDR', '127.0.0.1')}:{os.environ.get('MASTER_PORT', '')}"
            return f"trainer: the processes cannot meet at {where}: {str(error).splitlines()[0]}"
        if type(error).__module__.startswith("wandb.errors"):  # not imported: it may not be installed
            return f"loggers.wandb: {' '.join(str(error).split())} Without an account: loggers.wandb.offline=true"
        if isinstance(error, ModuleNotFoundError) and error.name is None:  # an import that fails has a name
            return f"a package is missing: {' '.join(str(error).split())}"
        if isinstance(error, MisconfigurationException):
            return f"trainer or callbacks: {' '.join(str(error).split())}"
        error = error.__cause__ or error.__context__
    return None
