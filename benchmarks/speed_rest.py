"""What ``speed.py`` measures beside epochs of a network: start-up, seconds of checkpoints, growth with the data."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import startup
from speed_checkpoints import checkpoints

from epochwise.run.epochs_csv import read_epochs_csv

PROJECT = Path(__file__).parents[1]
QUIET = ("~callbacks.progress_bar", "~callbacks.model_summary", "report=false", "stopping=none")


def trained(folder: Path, words: tuple[str, ...]) -> list[dict[str, float]]:
    """The rows of a run, the first one left out, which warms up."""
    command = [sys.executable, "train.py", *QUIET, f"hydra.run.dir={folder}", *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return [
        {name: float(value) for name, value in row.items() if name.startswith("seconds")}
        for row in read_epochs_csv(folder / "epochs.csv")[1:]
    ]


def growth(repeats: int) -> None:
    """Print wall seconds of an epoch for 1, 10 and 100 times the samples, and the exponent between the last two."""
    print("\n| samples | seconds an epoch | exponent |\n|---|---|---|")
    rng, before = np.random.default_rng(0), None
    for samples in (2_000, 20_000, 200_000):
        with tempfile.TemporaryDirectory() as folder:
            x, y = rng.normal(size=(samples, 20)).astype(np.float32), rng.integers(0, 4, samples)
            np.savez(Path(folder) / "arrays.npz", x=x, y=y)
            words = ("data=arrays", f"data.path={folder}/arrays.npz", f"trainer.max_epochs={min(repeats, 3) + 1}")
            rows = trained(Path(folder) / "run", words)
        whole = statistics.median(row["seconds"] for row in rows)
        exponent = "" if before is None else f"{log(whole / before) / log(10):.3f}"
        print(f"| {samples:,} | {whole:.3f} | {exponent} |", flush=True)
        before = whole


REST: dict[str, Callable[[int], None]] = {
    "startup": startup.first_steps,
    "checkpoints": checkpoints,
    "growth": growth,
}
