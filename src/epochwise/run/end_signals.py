"""The signals by which a process is asked to end."""

import signal
from time import monotonic

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
        """Note a signal. Returns whether it is a request of its own."""
        new = monotonic() - self.latest > TOGETHER
        if new:
            self.latest = monotonic()
        self.first = self.first or signum
        return new
