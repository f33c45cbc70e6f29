"""The points of a run's curves, on their way to its loggers."""

from collections.abc import Iterable, Mapping
from time import monotonic, time
from typing import Any

import torch

Scores = dict[str, float]

#: Points of steps that wait for each other, and for how many seconds at most.
MOST_WAITING, LONGEST_WAIT = 256, 1.0


class Points:
    """Draw scores on the axes of loggers that have a ``log_axis``, those of steps some at a time.

    A step must not wait for the device to say what its loss was: it is asked for many of them at once, and each point
    keeps the time at which it was made. Whatever else is drawn comes behind them. A logger's ``log_axis(axis, values,
    x, at)`` is given ``"epoch"`` or ``"step"``, scores by name, where on the axis, and seconds since 1970 (None: now).
    """

    def __init__(self) -> None:
        # At the newest x of the step axis: there may be several, as a validation need not follow a step.
        self.step = 0
        self.drawn: dict[str, int] | None = {}
        # x, scores, time; a score is a number, or a tensor and by what it is to be multiplied.
        self.waiting: list[tuple[int, Mapping[str, Any], float]] = []
        self.asked_at = monotonic()

    def add(self, loggers: Iterable[Any], scores: Mapping[str, Any], x: int) -> None:
        """Draw the scores of a step, sooner or later.

        Args:
            loggers: to draw with.
            scores: by name; a number, or (tensor of one number, by what it is to be multiplied).
            x: optimizer steps.
        """
        self._count(scores, x)
        self.waiting.append((x, scores, time()))
        if len(self.waiting) >= MOST_WAITING or monotonic() - self.asked_at >= LONGEST_WAIT:
            self.flush(loggers)

    def draw(self, loggers: Iterable[Any], axis: str, values: Scores, x: int) -> None:
        """Draw scores now, behind all that wait."""
        self.flush(loggers)
        if axis == "step":
            self._count(values, x)
        _send(loggers, axis, values, x)

    def flush(self, loggers: Iterable[Any]) -> None:
        """Draw all that wait; here the device is waited for."""
        points, self.waiting, self.asked_at = self.waiting, [], monotonic()
        tensors = [each[0].reshape(()) for _, scores, _ in points for each in scores.values() if type(each) is tuple]
        numbers = iter(torch.stack(tensors).tolist() if tensors else [])
        for x, scores, at in points:
            values = {n: next(numbers) * each[1] if type(each) is tuple else each for n, each in scores.items()}
            _send(loggers, "step", values, x, at)

    def _count(self, scores: Mapping[str, Any], x: int) -> None:
        if x > self.step:
            self.step, self.drawn = x, {}
        if self.drawn is not None and x == self.step:
            self.drawn |= {name: self.drawn.get(name, 0) + 1 for name in scores}


def _send(loggers: Iterable[Any], axis: str, values: Scores, x: int, at: float | None = None) -> None:
    for logger in loggers:
        if hasattr(logger, "log_axis"):
            logger.log_axis(axis, values, x, at)
