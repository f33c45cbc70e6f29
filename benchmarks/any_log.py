"""Measure what reading a log costs, beside pandas.read_csv, and a report of a million rows and of 300 runs.

    python benchmarks/any_log.py

Prints the ratio of reading a table of 100,000 epochs, and of 100,000 steps of 10 epochs, to pandas.read_csv of the same
file (median, lowest and highest of 15 pairs); then seconds and peak memory of `epochwise report` of 1,000,000 epochs,
and the size of the page of 300 runs.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from epochwise.logs.read_log import read_log

PAIRS = 15


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, write in (("epochs", write_epochs), ("steps", write_steps)):
            path = write(folder / f"{kind}.csv", 100_000)
            ratios = [_seconds(read_log, path) / _seconds(pd.read_csv, path) for _ in range(PAIRS)]
            middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
            print(f"100,000 {kind:7} read_log / read_csv: {middle:.2f} ({low:.2f} to {high:.2f} of {PAIRS} pairs)")
        for kind, write in (("epochs", write_epochs), ("steps", write_steps)):
            write(folder / f"million_{kind}.csv", 1_000_000)
            seconds = _seconds(_report, folder, f"million_{kind}.csv")
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"1,000,000 {kind:7} epochwise report: {seconds:.1f} s, at most {peak:.0f} MB so far")
        for run in range(300):
            (folder / f"runs/{run}").mkdir(parents=True)
            write_epochs(folder / f"runs/{run}/results.csv", 200)
        seconds = _seconds(_report, folder, "runs")
        page = (folder / "runs/epochwise-report/report.html").stat().st_size / 1e6
        print(f"300 runs of 200 epochs: {seconds:.1f} s, report.html {page:.2f} MB")


def write_epochs(path: Path, count: int) -> Path:
    """A table by hand, a row an epoch."""
    rng, part = np.random.default_rng(count), np.arange(count) / count
    course = 2 * np.exp(-5 * part)
    columns = {
        "epoch": np.arange(count),
        "train_loss": course + 0.1 * rng.random(count),
        "val_loss": course + 0.3 * part + 0.1 * rng.random(count),
        "val_accuracy": 1 - np.exp(-5 * part),
    }
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def write_steps(path: Path, count: int) -> Path:
    """Lightning's metrics.csv: a training loss each step, validation at the end of each of ten epochs or more."""
    each = min(count // 10, 10_000)
    steps = np.arange(count)
    course = 2 * np.exp(-5 * steps / count) + 0.1 * np.random.default_rng(count).random(count)
    is_val = steps % each == each - 1
    columns = {"epoch": steps // each, "step": steps}
    columns |= {"train_loss": np.where(is_val, np.nan, course), "val_loss": np.where(is_val, course, np.nan)}
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def _seconds(work: Callable[..., object], *given: object) -> float:
    start = time.perf_counter()
    work(*given)
    return time.perf_counter() - start


def _report(folder: Path, name: str) -> None:
    command = [sys.executable, "-m", "epochwise.console.main", "report", name]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    main()
