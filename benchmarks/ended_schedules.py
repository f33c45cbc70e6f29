"""Does a run whose schedule has ended call its count enough where a longer run is better?

    python benchmarks/ended_schedules.py [FOLDER]

Trains digits, breast cancer and MNIST-5k for 6, 12, 30, 60 and 120 epochs with the default schedule, seeds 0, 1 and 2,
nobody stopping them: 45 runs of train.py in this process, a quarter of an hour on one core. FOLDER keeps the run
folders: a run that lies there is not trained again, and is judged by the code of today.

A count is called enough where ``recommended_epochs`` gives it without ``at_least``. That is wrong where the count,
trained to its own end, scores more than 0.3 points of test accuracy less than the best of the five; a count between two
of them is scored in a line between, over the logarithm of the count. Scores are means over the seeds: on 86 test
samples one sample is 1.2 points. At most 1 of 45 may be wrong; it ends with 1 where more are. What ``value`` alone
would have said is counted beside it.
"""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from composed import composed

from epochwise.commands.train import train
from epochwise.report.document import find_out
from epochwise.report.read_runs import read_runs

SEEDS, COUNTS = (0, 1, 2), (6, 12, 30, 60, 120)
DATA = {"digits": ["data=digits"], "breast_cancer": ["data=table"], "mnist5k": ["data=mnist5k"]}
# What is only watched, and costs time.
BARE = [
    *("stopping=none", "report=false", "name=ended_schedules"),
    *(f"~callbacks.{name}" for name in ("model_summary", "progress_bar", "gradient_norm", "confusion_matrix")),
    *("~callbacks.last_checkpoint", "~loggers.tensorboard"),
]
MOST_BEHIND, MOST_WRONG = 0.3, 1


def trained(folder: Path, overrides: list[str]) -> Path:
    """The folder of a run, trained unless it has been."""
    if (folder / "result.json").exists():
        return folder
    with contextlib.redirect_stdout(io.StringIO()):
        words = [*overrides, *BARE, f"run_folder={folder}"]
        train(composed("train", words))
    return folder


def found_in(folder: Path) -> tuple[dict[str, Any], float]:
    """What a run's curves say today, and its test accuracy in per cent."""
    (run,) = read_runs([folder])
    return find_out(run), 100 * json.loads((folder / "result.json").read_text())["test"]["accuracy"]


def main() -> int:
    """Print a line a run and what is wrong; return the exit code."""
    torch.set_num_threads(1)
    before = now = runs = 0
    with tempfile.TemporaryDirectory() as own:
        place = Path(sys.argv[1] if len(sys.argv) > 1 else own)
        for data, choice in DATA.items():
            found = {
                (count, seed): found_in(
                    trained(place / f"{data}-{count}-{seed}", [*choice, f"trainer.max_epochs={count}", f"seed={seed}"])
                )
                for count in COUNTS
                for seed in SEEDS
            }
            mean = [float(np.mean([found[count, seed][1] for seed in SEEDS])) for count in COUNTS]
            print(f"\n{data}: " + ", ".join(f"{c} epochs {m:.2f} %" for c, m in zip(COUNTS, mean, strict=True)))
            for (count, seed), (said, accuracy) in found.items():
                recommended = said["recommended_epochs"]
                value, at_least = recommended["value"], recommended.get("at_least", False)
                behind = max(mean) - float(np.interp(np.log(value), np.log(COUNTS), mean))
                runs, before = runs + 1, before + (behind > MOST_BEHIND)
                wrong = behind > MOST_BEHIND and not at_least
                now += wrong
                label = said["verdict"]["label"].replace("_", " ")
                count_said = f"{'at least ' if at_least else ''}{value}"
                print(
                    f"  {count:3} epochs, seed {seed}: {accuracy:.2f} %; {label}, next time {count_said}, "
                    f"{behind:.2f} behind{' WRONG' if wrong else ''}",
                    flush=True,
                )
    print(f"\nof {runs} runs {before} give a count that is more than {MOST_BEHIND} points behind; {now} call it enough")
    return int(now > MOST_WRONG)


if __name__ == "__main__":
    sys.exit(main())
