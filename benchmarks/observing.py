"""What it costs to watch: phases and honest train scores, against the same run without them.

    python benchmarks/observing.py

Runs with and without take turns in one process, on 5,000 pictures of 28x28 (their content does not matter here).
Printed are the medians of the epochs' seconds and the ratio of each pair. The clock alone costs less than pairs can
tell apart, so its changes of phase are counted, and the price of one is measured. It ends with 1 where the bars are
missed: 3 % of an epoch of the small CNN, 15 % of one of the MLP; 1 % of either for the clock.
"""

import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from composed import composed

from epochwise.commands.train import train
from epochwise.data.digits import Digits
from epochwise.data.samples import Samples
from epochwise.run.epoch_place import Phases
from epochwise.run.epochs_csv import read_epochs_csv

BARS, BAR_OF_CLOCK = {"cnn": 0.03, "mlp": 0.15}, 0.01
PAIRS, EPOCHS = int(os.environ.get("PAIRS", "7")), 3
QUIET = ("~callbacks.progress_bar", "~callbacks.model_summary", "name=observing", "stopping=none")
torch.set_num_threads(1)


def pictures(self: Digits) -> dict[str, Samples]:
    """As many pictures as MNIST-5k has, of the same size."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (5000, 1, 28, 28), dtype=np.uint8)
    return {"train": Samples(x, rng.integers(0, 10, 5000), [str(digit) for digit in range(10)])}


def epoch_seconds(model: str, watched: bool) -> float:
    """Median seconds of an epoch, the first one left out."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        changes = () if watched else ("~callbacks.train_eval",)
        overrides = [f"model={model}", f"trainer.max_epochs={EPOCHS}", f"run_folder={folder}", *QUIET, *changes]
        config = composed("train", overrides)
        hooks = {name: vars(Phases)[name] for name in vars(Phases) if name.startswith("on_")}
        if not watched:
            for name in hooks:
                delattr(Phases, name)  # the clock then stands in its first phase
        try:
            train(config)
        finally:
            for name, hook in hooks.items():
                setattr(Phases, name, hook)
        rows = read_epochs_csv(Path(folder) / "epochs.csv")
        return statistics.median(float(row["seconds"] or 0) for row in rows[1:])


def changes_of_phase() -> int:
    """How often the clock changes its phase in an epoch; the same for any network."""
    counted, enter = [], Phases.enter

    def count(self: Phases, phase: str) -> None:
        counted.append(phase)
        enter(self, phase)

    Phases.enter = count  # type: ignore[method-assign]
    try:
        epoch_seconds("mlp", watched=True)
    finally:
        Phases.enter = enter  # type: ignore[method-assign]
    return len(counted) // EPOCHS


def seconds_a_change(times: int = 200_000) -> float:
    clock, started = Phases(), perf_counter()
    for _ in range(times):
        clock.enter("data")
    return (perf_counter() - started) / times


def main() -> int:
    """Print the table; return the exit code."""
    Digits.load = pictures  # type: ignore[method-assign]
    missed = 0
    print(f"{'model':<6} {'without':>9} {'with':>9} {'added':>8} {'spread of pairs':>20}   bar")
    for model, bar in BARS.items():
        pairs = [(epoch_seconds(model, False), epoch_seconds(model, True)) for _ in range(PAIRS)]
        added = sorted(watched / alone - 1 for alone, watched in pairs)
        alone, watched = (statistics.median(column) for column in zip(*pairs, strict=True))
        median = statistics.median(added)
        spread = f"{added[0]:+.1%} .. {added[-1]:+.1%}"
        print(f"{model:<6} {alone:>7.3f} s {watched:>7.3f} s {median:>+8.1%} {spread:>20}   {bar:.0%}")
        missed += median > bar
        clock = changes_of_phase() * seconds_a_change() / alone
        print(f"{model:<6} {'the clock alone':>29} {clock:>+8.2%} {'':>20}   {BAR_OF_CLOCK:.0%}")
        missed += clock > BAR_OF_CLOCK
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
