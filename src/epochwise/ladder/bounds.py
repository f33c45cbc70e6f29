"""What bounds all runs of a ladder together."""

from dataclasses import dataclass
from math import ceil, isfinite

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
        start_seconds: that the jobs of a rung took beside their epochs, so far the most.
    """

    max_seconds: float | None
    max_steps: int | None
    steps_per_epoch: int
    num_seeds: int
    seconds_per_epoch: float | None = None
    start_seconds: float = 0.0
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
            price = self.start_seconds + rung.price_epochs * self.seconds_per_epoch
            if seconds + price > self.max_seconds:
                said = f"{ceil(seconds):,} s are over, and it takes about {ceil(price):,}"
                return f"{rung.count} epochs are not tried: {said} of max_time, {ceil(self.max_seconds):,} s"
        return None

    def trained(self, rung: Rung, seconds: float, run_seconds: float) -> None:
        """Count a rung that was trained, or found trained.

        Args:
            rung: whose jobs have ended.
            seconds: until all of them had.
            run_seconds: of the epochs of one run of its count, from its first one on; NaN where unknown.
        """
        self.steps += rung.price_epochs * self.steps_per_epoch * self.num_seeds
        # Side by side the epochs of all jobs take longer than the clock says.
        of_epochs = run_seconds / rung.count * rung.price_epochs * self.num_seeds if isfinite(run_seconds) else seconds
        of_epochs = min(of_epochs, seconds)
        # One that was found trained took no time: what it would take is then not known better than before.
        self.seconds_per_epoch = max(of_epochs / max(rung.price_epochs, 1), self.seconds_per_epoch or 0.0)
        self.start_seconds = max(seconds - of_epochs, self.start_seconds)
