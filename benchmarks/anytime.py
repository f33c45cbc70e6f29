"""A rate without an end and an average over a growing window, against a schedule drawn over each count.

    python benchmarks/anytime.py [DATA ...]

Every run is one of train.py, in this process and on one thread: the default network, seeds 0, 1 and 2, a third held out
as test, scored with the weights of the best epoch by val/loss. DATA: digits and breast_cancer, unless named.

``wsd``: one run for each of 5, 10, 20, 40 and 80 epochs, 155 in all. ``inverse_sqrt`` and ``constant``: one run of 80
epochs with +callbacks=tail_average; it stops at each count, is scored, and goes on: what the counts before cost is
there already. Behind is the mean over seeds of the difference to wsd of as many epochs, with its standard error.

It ends with 1 where one of the two is more than 0.5 points and two standard errors behind at a count.
"""

import contextlib
import io
import json
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import torch
from composed import composed
from epoch_budget import BARE, DATA, SEEDS

from epochwise.commands.train import train

COUNTS = (5, 10, 20, 40, 80)
ANYTIME = {
    "inverse_sqrt": ["scheduler=inverse_sqrt", "+callbacks=tail_average"],
    "constant": ["scheduler=none", "+callbacks=tail_average"],
}
QUIET = [word for word in BARE if word != "~callbacks.last_checkpoint"]  # a run goes on from it


def scored(overrides: list[str], seed: int, epochs: int, folder: str, goes_on: bool = False) -> float:
    """Train up to a number of epochs, from where the run in the folder is; test accuracy in percent."""
    with contextlib.redirect_stdout(io.StringIO()):
        words = [*overrides, *QUIET, "stopping=none", f"trainer.max_epochs={epochs}", f"seed={seed}"]
        words += [f"run_folder={folder}", *(["resume=auto"] if goes_on else [])]
        train(composed("train", words))
    return 100 * float(json.loads((Path(folder) / "result.json").read_text())["test"]["accuracy"])


def at_each_count(overrides: list[str], seed: int) -> list[float]:
    """One run, scored at each count on its way."""
    with tempfile.TemporaryDirectory() as folder:
        return [scored(overrides, seed, count, folder, goes_on=count > COUNTS[0]) for count in COUNTS]


def main() -> int:
    """Print a table for each data set; return the exit code."""
    torch.set_num_threads(1)
    missed, began = 0, perf_counter()
    for name in sys.argv[1:] or ["digits", "breast_cancer"]:
        print(f"\n| {name} | {' | '.join(f'{count} epochs' for count in COUNTS)} | trained |")
        print(f"|---|{'---|' * (len(COUNTS) + 1)}", flush=True)
        wsd = []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                wsd.append([scored([*DATA[name], "scheduler=wsd"], seed, n, f"{folder}/{n}") for n in COUNTS])
        means = [f"{statistics.mean(each):.2f}" for each in zip(*wsd, strict=True)]
        print(f"| wsd | {' | '.join(means)} | {sum(COUNTS)} |", flush=True)
        for arm, overrides in ANYTIME.items():
            found = [at_each_count([*DATA[name], *overrides], seed) for seed in SEEDS]
            cells = []
            for ours, theirs in zip(zip(*found, strict=True), zip(*wsd, strict=True), strict=True):
                behind = [there - here for here, there in zip(ours, theirs, strict=True)]
                mean, stderr = statistics.mean(behind), statistics.stdev(behind) / len(behind) ** 0.5
                missed += mean > max(0.5, 2 * stderr)
                cells.append(f"{statistics.mean(ours):.2f}, behind {mean:+.2f} ± {stderr:.2f}")
            print(f"| {arm} | {' | '.join(cells)} | {COUNTS[-1]} |", flush=True)
    print(f"\n{missed} counts more than 0.5 points and two standard errors behind; {perf_counter() - began:.0f} s")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
