"""Ctrl-C before training has begun to listen for it, such as while libraries are imported."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from hydra.core.hydra_config import HydraConfig


@contextmanager
def interruptible(speaks: bool) -> Iterator[None]:
    """Make of Ctrl-C one line and exit code 130, and leave no run folder behind in which nothing was written.

    Args:
        speaks: whether this process prints the line; of several, one does.
    """
    asked = []  # a library that is interrupted while it is imported may fail in any other way

    def interrupt(signum: int, frame: FrameType | None) -> None:
        asked.append(signum)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    listens = callable(before) and threading.current_thread() is threading.main_thread()
    if listens:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except BaseException as error:
        if not asked and not isinstance(error, KeyboardInterrupt):
            raise
        _drop_empty_run_folder()
        if speaks:
            print("interrupted", file=sys.stderr)
        # As a shell has it: 128 and the signal's number.
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        if listens:
            signal.signal(signal.SIGINT, before)


def _drop_empty_run_folder() -> None:
    if HydraConfig.initialized():
        folder = Path(HydraConfig.get().runtime.output_dir).absolute()
        if folder != Path.cwd():
            with suppress(OSError):  # something is in it
                folder.rmdir()
