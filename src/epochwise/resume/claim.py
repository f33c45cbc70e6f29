"""Take a run folder, and find the checkpoint to go on from."""

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lightning.fabric.plugins.environments import slurm
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.trainer.connectors import checkpoint_connector
from torch.distributed import DistNetworkError

from epochwise.input_error import InputError
from epochwise.run.first_process import is_first_process
from epochwise.run.made_folders import drop_empty
from epochwise.run.rank_processes import LostRankError, lost_rank
from epochwise.run.resume_point import remove_leftovers, resume_point
from epochwise.run.run_folder import RunLock
from epochwise.trust.run_config import run_words

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
            if error.errno in UNWRITABLE + UNLIKE and str(error.filename).startswith(tuple(_written(run_folder))):
                return f"run_folder: cannot write {error.filename}: {error.strerror}"
        if isinstance(error, DistNetworkError):
            where = f"{os.environ.get('MASTER_ADDR', '127.0.0.1')}:{os.environ.get('MASTER_PORT', '')}"
            return f"trainer: the processes cannot meet at {where}: {str(error).splitlines()[0]}"
        if type(error).__module__.startswith("wandb.errors"):  # not imported: it may not be installed
            return f"loggers.wandb: {' '.join(str(error).split())} Without an account: loggers.wandb.offline=true"
        if isinstance(error, ModuleNotFoundError) and error.name is None:  # an import that fails has a name
            return f"a package is missing: {' '.join(str(error).split())}"
        if isinstance(error, MisconfigurationException) or _is_of_slurm(error):
            return f"trainer or callbacks: {' '.join(str(error).split())}"
        error = error.__cause__ or error.__context__
    return None


def _is_of_slurm(error: BaseException) -> bool:
    """Whether Lightning refuses the numbers of tasks and machines that SLURM was asked for."""
    frames = [frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1] == slurm.__name__


def _written(run_folder: Path) -> Iterator[str]:
    """The folder, and where links in it lead, whose targets Lightning names in their place."""
    yield str(run_folder)
    with suppress(OSError):
        yield from (os.path.realpath(path) for path in run_folder.iterdir() if path.is_symlink())


#: Lightning's names for what puts a checkpoint back, in a module that also writes them.
PUTS_BACK = ("restore", "_restore", "resume")


def unfit_checkpoint(error: BaseException, checkpoint: Path | None) -> str | None:
    """Say in a line that a checkpoint does not fit the run, where that is what ended it.

    It may be a stranger's, of another version or of code that has changed since; what is in it is somebody's to read:
    Lightning, a callback, an optimizer. So the place where it went wrong decides: while values were put back, or in the
    optimizer itself, which takes any state and fails at its first step.

    Args:
        error: what ended the run.
        checkpoint: what it went on from, if from any.

    Returns:
        A line with the error and its place in the code; ``None`` for anything else, which keeps its traceback.
    """
    modules = [(frame.f_globals.get("__name__", ""), frame) for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = any(
        name == checkpoint_connector.__name__ and frame.f_code.co_name.startswith(PUTS_BACK) for name, frame in modules
    )
    ours = [index for index, (name, _) in enumerate(modules) if not name.startswith("torch.")]
    stepped = any(name.startswith("torch.optim.") for name, _ in modules[ours[-1] + 1 if ours else 0 :])
    if checkpoint is None or not (inside or stepped):
        return None
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{checkpoint} does not fit this run: {what} ({Path(last.filename).name}:{last.lineno})"


@contextmanager
def claim(folder: Path, resume: str | None) -> Iterator[Path | None]:
    """Hold a run folder while a run writes to it; where nothing was written in the end, it is removed again.

    Only the first process of a run claims; the others find the same checkpoint.

    Args:
        folder: made by Hydra, or there from before.
        resume: ``"auto"``: go on with the run in it, where there is one.

    Yields:
        The checkpoint to go on from; ``None`` to begin.

    Raises:
        InputError: another process is writing to it, it holds a run and was not asked to go on with it, all
            checkpoints in it are damaged, or what happened inside is a fault from outside (``outside_fault``) or of the
            checkpoint (``unfit_checkpoint``).
        LostRankError: another process of the run is gone.
    """
    checkpoint = None
    try:
        with _held(folder, resume) as checkpoint:
            yield checkpoint
    except InputError:
        raise
    except Exception as error:
        if line := lost_rank(error):
            # Other ranks know no run folder of their own.
            raise LostRankError(f"{line}; go on by {run_words(folder)}" if is_first_process() else line) from error
        if line := outside_fault(error, folder) or unfit_checkpoint(error, checkpoint):
            raise InputError(line) from error
        raise


@contextmanager
def _held(folder: Path, resume: str | None) -> Iterator[Path | None]:
    if not is_first_process():
        yield resume_point(folder)[0] if resume else None
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = RunLock(folder)
    try:
        checkpoint = None
        if resume:
            remove_leftovers(folder)
            checkpoint, damaged = resume_point(folder)
            for line in damaged:
                print(f"{line}; going on from {checkpoint}", file=sys.stderr)
        elif (folder / "config.yaml").exists():
            go_on = run_words(folder)
            raise InputError(f"run_folder: {folder} holds a run; go on with it by {go_on}, or take another folder")
        yield checkpoint
    finally:
        lock.release()
        drop_empty(folder)
