"""What bounds all runs of a ladder together."""

from dataclasses import dataclass
from math import ceil

from epochwise.ladder.jobs import Rung


@dataclass
class Bounds:
    """Says before each rung whether it still fits.

    Args:
        max_seconds: of all runs together, as a clock on the wall has it; None: no bound.
        max_steps: optimizer steps of all runs together; None: no bound.
        steps_per_epoch: of one run.
        num_seeds: runs of each count.
        seconds_per_epoch: of the rungs so far, all seeds together; None before the first.
    """

    max_seconds: float | None
    max_steps: int | None
    steps_per_epoch: int
    num_seeds: int
    seconds_per_epoch: float | None = None
    steps: int = 0

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.max_seconds is not None or self.max_steps is not None

    def exceeded_by(self, rung: Rung, seconds: float) -> str | None:
        """Why a rung is not begun after so many seconds; None where it fits."""
        steps = rung.price_epochs * self.steps_per_epoch * self.num_seeds
        if self.max_steps is not None and self.steps + steps > self.max_steps:
            said = f"{self.steps:,} steps are taken, and it takes {steps:,}"
            return f"{rung.count} epochs are not tried: {said} of max_steps={self.max_steps}"
        if self.max_seconds is not None and self.seconds_per_epoch is not None:
            price = rung.price_epochs * self.seconds_per_epoch
            if seconds + price > self.max_seconds:
                said = f"{ceil(seconds):,} s are over, and it takes about {ceil(price):,}"
                return f"{rung.count} epochs are not tried: {said} of max_time, {ceil(self.max_seconds):,} s"
        return None

    def trained(self, rung: Rung, seconds: float) -> None:
        """Count a rung that was trained, or found trained, in so many seconds."""
        self.steps += rung.price_epochs * self.steps_per_epoch * self.num_seeds
        # One that was found trained took no time: what it would take is then not known better than before.
        self.seconds_per_epoch = max(seconds / max(rung.price_epochs, 1), self.seconds_per_epoch or 0.0)
