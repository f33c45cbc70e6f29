"""A run folder, for one run alone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from epochwise.commands.outside_fault import outside_fault
from epochwise.commands.unfit_checkpoint import unfit_checkpoint
from epochwise.config.trusted_config import run_words
from epochwise.input_error import InputError
from epochwise.run.resume_point import remove_leftovers, resume_point
from epochwise.run.run_lock import RunLock


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
    """
    checkpoint = None
    try:
        with _held(folder, resume) as checkpoint:
            yield checkpoint
    except InputError:
        raise
    except Exception as error:
        if line := outside_fault(error, folder) or unfit_checkpoint(error, checkpoint):
            raise InputError(line) from error
        raise


@contextmanager
def _held(folder: Path, resume: str | None) -> Iterator[Path | None]:
    if any(os.environ.get(rank, "0") != "0" for rank in ("RANK", "LOCAL_RANK")):
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
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
