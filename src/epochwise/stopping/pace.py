"""How many epochs there is time for."""

from math import inf

import lightning as L

from epochwise.run.training_clock import training_clock


class Pace:
    """Seconds an epoch takes, by the clock that ``trainer.max_time`` sets going.

    Measured anew wherever a run goes on, since that may be on another machine. The clock itself goes on with the run:
    Lightning keeps it in the checkpoints.
    """

    def __init__(self) -> None:
        self.since = (0, 0.0)  # epochs, seconds

    def begin(self, trainer: L.Trainer) -> None:
        """Measure from here on."""
        timer = training_clock(trainer)
        self.since = (trainer.current_epoch, timer.time_elapsed() if timer else 0.0)

    def epochs_in_time(self, trainer: L.Trainer) -> float:
        """At the end of an epoch: how many the run can have in all before its time is over; infinite without one."""
        timer = training_clock(trainer)
        left = timer.time_remaining() if timer else None
        if timer is None or left is None:
            return inf
        count, (epochs, seconds) = trainer.current_epoch + 1, self.since
        seconds_per_epoch = (timer.time_elapsed() - seconds) / (count - epochs)
        return count + max(left, 0.0) / seconds_per_epoch
