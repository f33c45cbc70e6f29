"""Requests to end, from a keyboard or a scheduler."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from epochwise.run.made_folders import drop_unused_folder

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)

#: Seconds in which signals are one request: ``timeout``, ``make`` and others tell a process, and then its whole group.
TOGETHER = 2.0


class EndRequests:
    """The requests that came, each of one signal or of several together.

    Args:
        first: the first signal's number; 0 before.
    """

    def __init__(self) -> None:
        self.first = 0
        self.latest = -float("inf")

    def add(self, signum: int) -> bool:
        """Note a signal. Returns whether it is a request of its own.

        From the first one on no data worker's end is an error: told with their group, they may end at any moment, and
        torch's handler would raise wherever this process stands, be it writing the result.
        """
        if not self.first and hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        new = monotonic() - self.latest > TOGETHER
        if new:
            self.latest = monotonic()
        self.first = self.first or signum
        return new


class _Interrupt:
    """A handler that raises KeyboardInterrupt, once a request; processes but the first wait for a second one."""

    def __init__(self, first_process: bool) -> None:
        self.first_process = first_process
        self.requests = EndRequests()

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        again = bool(self.requests.first)
        if self.requests.add(signum) and (again or self.first_process):
            raise KeyboardInterrupt


@contextmanager
def interruptible(first_process: bool) -> Iterator[None]:
    """Make of Ctrl-C, SIGTERM and SIGUSR1 one line and the exit code of a shell, 128 and the signal's number.

    No run folder is left behind in which nothing was written.

    Args:
        first_process: whether this process is the first of its run, which alone speaks. Another one, told with its
            group, goes on to where all end together: the first would wait for it.
    """
    interrupt = _Interrupt(first_process)
    heard = {signum: signal.getsignal(signum) for signum in SIGNALS} if _is_main_thread() else {}
    heard = {signum: before for signum, before in heard.items() if _is_nobodys(signum, before)}
    for signum in heard:
        signal.signal(signum, interrupt)
    try:
        yield
    except BaseException as error:
        # A library that is interrupted while it is imported may fail in any other way.
        if not (interrupt.requests.first and first_process) and not isinstance(error, KeyboardInterrupt):
            raise
        drop_unused_folder()
        if first_process:
            print("interrupted", file=sys.stderr)
        raise SystemExit(128 + (interrupt.requests.first or signal.SIGINT)) from None
    finally:
        for signum, before in heard.items():
            signal.signal(signum, before)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_nobodys(signum: int, handler: Any) -> bool:
    """Whether a signal is neither ignored nor heard by a launcher, which knows better what to do."""
    return (
        handler == signal.SIG_DFL or isinstance(handler, _Interrupt) or (signum == signal.SIGINT and callable(handler))
    )
