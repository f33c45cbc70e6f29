"""Measure how long one waits for --help, for a config and for an error, beside importing lightning first.

    python benchmarks/startup.py [REPEATS]

The same command lines run twice in turn: by train.py, and by train.py behind ``import lightning``. Prints the median of
each in seconds with the fastest and the slowest run, and the ratio of the medians.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

PROJECT = Path(__file__).parent.parent
COMMANDS = (
    ("--help",),
    ("--cfg", "job"),
    ("trainer.max_epochs=fifty",),
    ("model=restnet", "trainer.max_epoch=50", "data.batch_size=-1", "monitor=val/acuracy"),
)
AFTER_LIGHTNING = (
    "import lightning, runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def seconds(*command: str) -> float:
    """Wall-clock seconds of one run of Python on the project."""
    start = perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, check=False)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stderr.decode()}")
    return perf_counter() - start


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(
        f"median of {repeats} runs in seconds (fastest to slowest)\n{'':44}{'train.py':22}{'lightning first':24}ratio"
    )
    for arguments in COMMANDS:
        ours, theirs = [], []
        for _ in range(repeats):
            ours.append(seconds("train.py", *arguments))
            theirs.append(seconds("-c", AFTER_LIGHTNING, "train.py", *arguments))
        columns = [f"{median(runs):.2f} ({min(runs):.2f} to {max(runs):.2f})" for runs in (ours, theirs)]
        shown = " ".join(arguments)
        print(f"{shown[:42]:44}{columns[0]:22}{columns[1]:24}{median(theirs) / median(ours):.1f}")


if __name__ == "__main__":
    main()
