"""Hold folds side by side to the same folds one after another.

    python benchmarks/launchers.py [FOLDS [EPOCHS [PAIRS]]]

A cross-validation of digits with a CNN (10 folds of 60 epochs) runs as a whole, from the command to its end: one fold
after another, then two at a time by joblib, with one thread each. Start-up counts: once for the command, and once more
for joblib's processes. Printed are the seconds, and the ratio of the two, median and spread over pairs; the bar is 0.6.
Two processes run five folds in three rounds: there the ratio can't fall below 3/5.
"""

import os
import subprocess
import sys
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

PROJECT = Path(__file__).parents[1]
QUIET = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "report=false"]
LAUNCHERS = {"basic": [], "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]}


def seconds(folds: int, epochs: int, launcher: str) -> float:
    """Wall-clock seconds of a cross-validation."""
    words = [f"folds={folds}", f"trainer.max_epochs={epochs}", "model=cnn", *QUIET, *LAUNCHERS[launcher]]
    with TemporaryDirectory() as folder:
        start = perf_counter()
        command = [sys.executable, str(PROJECT / "crossval.py"), *words]
        done = subprocess.run(command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True)
        if done.returncode:
            raise SystemExit(f"{launcher}: exit code {done.returncode}\n{done.stderr.decode()}")
        return perf_counter() - start


def main() -> None:
    """Print the ratios."""
    folds, epochs, pairs = [*map(int, sys.argv[1:]), *(10, 60, 3)[len(sys.argv) - 1 :]]
    alone, side_by_side = [], []
    for _ in range(pairs):
        alone.append(seconds(folds, epochs, "basic"))
        side_by_side.append(seconds(folds, epochs, "joblib"))
    ratios = [two / one for one, two in zip(alone, side_by_side, strict=True)]
    print(f"{folds} folds of {epochs} epochs, {median(alone) / folds:.1f} s a fold with its share of the start")
    for name, runs in (("one after another", alone), ("two at a time", side_by_side)):
        print(f"    {name:18} {median(runs):6.1f} s ({min(runs):.1f} to {max(runs):.1f})")
    print(f"    ratio              {median(ratios):6.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"    with no start-up   {ceil(folds / 2) / folds:6.2f}; the bar is 0.60")


if __name__ == "__main__":
    main()
