"""Measure how many samples a second two ranks train on two cores, beside one rank on one: trainer.devices=2 and 1.

    python benchmarks/two_ranks.py [TURNS [EPOCHS]]    # 3 turns of 4 epochs, on a machine with nothing else to do

``model=cnn data=mnist5k`` (3,500 pictures of 28 x 28), one thread each, 64 samples a batch of each rank, as one would
use a second device; and with 32 of each, the same global batches as one rank. Ways take turns. Samples and seconds are
the run's own (``epochs.csv``), of training steps alone and of whole epochs, the first one left out. Beside them stand
CPU seconds of the first rank, imports included: on a machine that is busy they say what is left for it. The bar is 1.7.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from epochwise.run.epochs_csv import read_epochs_csv

PROJECT = Path(__file__).parents[1]
WORDS = ["model=cnn", "data=mnist5k", "stopping=none", "report=false", "hydra.run.dir=run", "~callbacks.progress_bar"]
TWO = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"]
WAYS = {
    "one rank": ["data.batch_size=64"],
    "two ranks": [*TWO, "data.batch_size=64"],
    "two ranks, half batches": [*TWO, "data.batch_size=32"],
}
#: What a row's seconds are of that are spent in training steps.
STEP = ("data", "forward", "loss", "backward", "optimizer")
BAR = 1.7


def run(words: list[str], epochs: int) -> dict[str, float]:
    """Samples a second of training, and of epochs with all that belongs to them; CPU seconds of its first rank."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with TemporaryDirectory() as folder:
        command = [sys.executable, str(PROJECT / "train.py"), *WORDS, *words, f"trainer.max_epochs={epochs}"]
        variables = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(command, cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL)
        rows: list[dict[str, Any]] = read_epochs_csv(Path(folder) / "run/epochs.csv")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    samples = rows[-1]["samples"] - rows[0]["samples"]
    steps = sum(row[f"seconds/{phase}"] for row in rows[1:] for phase in STEP)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"training": samples / steps, "epochs": samples / sum(row["seconds"] for row in rows[1:]), "cpu": cpu}


def main(turns: int = 3, epochs: int = 4) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(turns):
        for name, words in WAYS.items():
            found[name].append(run(words, epochs))
    for name, several in found.items():
        said = f"{median(one['cpu'] for one in several):.1f} CPU seconds of the first rank"
        for what in ("training", "epochs"):
            speeds = [one[what] for one in several]
            ratios = [one[what] / alone[what] for one, alone in zip(several, found["one rank"], strict=True)]
            said += f"; {what} {median(speeds):,.0f} samples a second ({min(speeds):,.0f} to {max(speeds):,.0f})"
            if name != "one rank":
                said += f", {median(ratios):.2f} times one rank's ({min(ratios):.2f} to {max(ratios):.2f}; bar {BAR})"
        print(f"{name}: {said}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
