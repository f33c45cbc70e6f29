"""A ladder of three counts and two seeds, with a failed job."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from epochwise.epochs.score_over_counts import ScoreOverCounts, score_over_counts
from epochwise.ladder.ladder import Ladder
from epochwise.run.epochs_csv import write_epochs_csv

SCORES = np.array([[0.9, 0.5, 0.3], [1.0, np.nan, 0.34]])


def example_ladder(**changed: object) -> Ladder:
    """Losses that still fall at the last count."""
    values = {
        "monitor": "val/loss",
        "mode": "min",
        "counts": (5, 10, 20),
        "seeds": (0, 7),
        "scores": SCORES,
        "steps": np.array([50.0, 100.0, 200.0]),
        "seconds": np.array([1.0, 2.0, np.nan]),
        "price_epochs": np.array([5.0, 7.0, 13.0]),
        "others": {"val/accuracy": 1 - SCORES / 2},
        "modes": {"val/loss": "min", "val/accuracy": "max"},
        "trunks": ([{"epoch": 0, "val/loss": 1.5}, {"epoch": 1, "val/loss": 1.1}], [{"epoch": 0, "val/loss": 1.7}]),
        "failed": {"epochs-10-seed-7": "RuntimeError: out of memory"},
    }
    return Ladder(**(values | changed))


def found_of(ladder: Ladder) -> ScoreOverCounts:
    """What it says."""
    prices = (ladder.steps, ladder.seconds, ladder.price_epochs)
    return score_over_counts(ladder.counts, ladder.scores, ladder.mode, *prices, monitor=ladder.monitor)


def write_runs(folder: Path, ladder: Ladder, course: Callable[[int], float] = lambda epoch: 1 / (epoch + 1)) -> None:
    """The tables of its runs."""
    for count in ladder.counts:
        for seed in ladder.seeds:
            run = folder / f"epochs-{count}-seed-{seed}"
            run.mkdir(parents=True)
            rows = [{"epoch": epoch, "train/loss": course(epoch), "val/loss": course(epoch)} for epoch in range(count)]
            write_epochs_csv(run / "epochs.csv", rows)
