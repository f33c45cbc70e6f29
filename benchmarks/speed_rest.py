"""What ``speed.py`` measures beside epochs of a network: start-up, checkpoints, growth with data and with epochs."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
import startup
from speed_checkpoints import checkpoints

PROJECT = Path(__file__).parents[1]
QUIET = ("~callbacks.progress_bar", "~callbacks.model_summary", "report=false", "stopping=none")


#: Notes for each epoch the CPU seconds that the process has taken so far, and its memory in MiB.
NOTED = """
import os, time
from pathlib import Path
import lightning as L

class Noted(L.Callback):
    def on_train_epoch_start(self, trainer, pl_module):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        with open(os.environ["NOTED"], "a") as file:
            file.write(f"{time.process_time()} {pages * os.sysconf('SC_PAGE_SIZE') / 2**20}\\n")
"""


def noted(folder: Path, words: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """CPU seconds of each epoch of a run but the last, and MiB at their beginnings."""
    (folder / "noted.py").write_text(NOTED)
    more = {"OMP_NUM_THREADS": "1", "NOTED": str(folder / "noted.txt"), "PYTHONPATH": str(folder)}
    run = (f"hydra.run.dir={folder}/run", "+callbacks.noted={_target_:noted.Noted}")
    command = [sys.executable, "train.py", *QUIET, *run, *words]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ | more, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    rows = [line.split() for line in (folder / "noted.txt").read_text().splitlines()]
    at = [float(row[0]) for row in rows]
    return [after - before for before, after in pairwise(at)], [float(row[1]) for row in rows]


def growth(repeats: int) -> None:
    """Print CPU seconds of an epoch for 1, 10 and 100 times the samples, in turn, and how they grow: the exponent."""
    print("\n| samples | CPU seconds an epoch | exponent from the least |\n|---|---|---|")
    rng, taken = np.random.default_rng(0), {samples: list[float]() for samples in (2_000, 20_000, 200_000)}
    for _ in range(min(repeats, 3)):
        for samples, seconds in taken.items():
            with tempfile.TemporaryDirectory() as folder:
                x, y = rng.normal(size=(samples, 20)).astype(np.float32), rng.integers(0, 4, samples)
                np.savez(Path(folder) / "arrays.npz", x=x, y=y)
                words = ("data=arrays", f"data.path={folder}/arrays.npz", "trainer.max_epochs=4")
                seconds += noted(Path(folder), words)[0][1:]  # the first warms up
    medians = {samples: statistics.median(seconds) for samples, seconds in taken.items()}
    least = min(medians)
    for samples, whole in medians.items():
        exponent = f"{log(whole / medians[least]) / log(samples / least):.3f}" if samples > least else ""
        print(f"| {samples:,} | {whole:.3f} | {exponent} |", flush=True)


def epochs(repeats: int) -> None:
    """Print CPU seconds and memory of the first hundreds of 1,000 epochs, and of the last."""
    print("\n| epochs | CPU ms an epoch | MiB at the end |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        words = ("data=table", "trainer.max_epochs=1000", "model.hidden_sizes=[8]", "data.batch_size=256")
        taken, mib = noted(Path(folder), words)
    for begin in (100, 200, 500, 898):
        milliseconds = 1000 * statistics.median(taken[begin : begin + 100])
        print(f"| {begin} to {begin + 99} | {milliseconds:.1f} | {mib[begin + 100]:.1f} |", flush=True)


REST: dict[str, Callable[[int], None]] = {
    "startup": startup.first_steps,
    "checkpoints": checkpoints,
    "growth": growth,
    "epochs": epochs,
}
