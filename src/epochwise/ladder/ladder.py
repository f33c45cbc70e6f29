"""What a ladder of counts has measured."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epochwise.run.epochs_csv import Row

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ladder:
    """The scores at the end of runs of C counts of epochs with S seeds each, every one with a schedule of its own.

    Args:
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        counts: (C,) of epochs, ascending.
        seeds: (S,).
        scores: (S, C) the monitor at the end of each run; NaN where a run has none.
        steps: (C,) optimizer steps of one run.
        seconds: (C,) that one run takes by itself, mean over seeds; NaN where unknown.
        price_epochs: (C,) epochs that were trained for this count alone, a seed: its part of the trunk and its branch.
        others: further scores of validation: name -> (S, C).
        modes: of those of them that have a better direction: name -> ``min`` or ``max``.
        trunks: (S,) the rows of ``epochs.csv`` of each seed's trunk; empty where it has none.
        failed: jobs that failed: name -> reason.
        test: name -> (S,) scores of the test split at the count that was chosen; None before it was scored.
    """

    monitor: str
    mode: Literal["min", "max"]
    counts: tuple[int, ...]
    seeds: tuple[int, ...]
    scores: Floats
    steps: Floats
    seconds: Floats
    price_epochs: Floats
    others: dict[str, Floats] = field(default_factory=dict)
    modes: dict[str, Literal["min", "max"]] = field(default_factory=dict)
    trunks: tuple[list[Row], ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    test: dict[str, list[float]] | None = None
