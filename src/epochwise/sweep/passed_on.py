"""Requests to end, handed on to the process that runs the jobs of this one."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from epochwise.run.end_signals import SIGNALS
from epochwise.sweep.job_process import JobProcess


class PassedOn:
    """Hand what asks this process to end on to the one that runs its jobs, which saves and says so.

    Args:
        process: the one that runs jobs now.
    """

    def __init__(self, process: Callable[[], JobProcess | None]) -> None:
        self.process = process
        self.first = 0
        self.before: dict[int, Any] = {}

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear the signals that are not ignored."""
        known = {signum: signal.getsignal(signum) for signum in SIGNALS}
        self.before = {signum: before for signum, before in known.items() if before not in (signal.SIG_IGN, None)}
        try:
            for signum in self.before:
                signal.signal(signum, self._hear)
            yield
        finally:
            self._leave()

    def end_if_asked(self) -> None:
        """End as this process would have, had it heard the first signal itself."""
        if not self.first:
            return
        self._leave()
        before = self.before[self.first]
        if callable(before):
            before(self.first, None)
        raise SystemExit(128 + self.first)

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        self.first = self.first or signum
        process = self.process()
        if process is not None and process.pid:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signum)

    def _leave(self) -> None:
        for signum, before in self.before.items():
            signal.signal(signum, before)
