"""Where a schedule turns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Landmark:
    """A point of a schedule: what happens, from which epoch and optimizer step on (both from 0), at which rate."""

    name: str
    epoch: float
    step: int
    lr: float


def landmarks(lr: NDArray[np.float64], points_per_epoch: int, steps_per_epoch: int) -> list[Landmark]:
    """Read the end of a warm-up, the drops and the end off the learning rates themselves, whatever makes them.

    Args:
        lr: (T,) rates at equal distances, the first of them for the first step.
        points_per_epoch: how many of them make an epoch, at least 1.
        steps_per_epoch: optimizer steps in an epoch, to say steps.

    Returns:
        In their order. A drop is a rate that was level before and falls by a tenth or more at once; where it goes on
        falling, that is the start of a cool-down.
    """
    found: list[Landmark] = []

    def note(name: str, index: int, rate: float) -> None:
        epoch = index / points_per_epoch
        found.append(Landmark(name, round(epoch, 3), round(epoch * steps_per_epoch), float(rate)))

    if len(lr) == 0:
        return found
    peak = int(np.argmax(lr))
    if peak > 0 and lr[0] < lr[peak]:
        note("end of warm-up", peak, lr[peak])
    for index in range(max(peak, 1), len(lr)):
        before, now = lr[index - 1], lr[index]
        level = index < 2 or lr[index - 2] == before
        if 2 <= index < len(lr) - 1 and level and before > now > lr[index + 1]:
            note("start of cool-down", index - 1, before)
        elif level and now <= 0.9 * before:
            note("drop", index, now)
    note("end", len(lr), lr[-1])
    return found
