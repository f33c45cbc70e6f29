"""Hold epochs.py to a grid of separate runs, and the count it recommends to the best count of the grid.

    python benchmarks/score_over_counts.py [DATA ...] [counts=5,10,20,40,80] [seeds=0,1,2]

For each data set (digits, cancer, wine, mnist5k, mnist5k-cnn, fashion10k): the ladder is trained as one types it; then
each of its runs from nothing with ``train.py scheduler=wsd``, of which weights, rows and scores have to be equal to the
bit; then the same grid with cosines. Printed are what the ladder cost (epochs trained over those of the grid), the mean
scores of each count in points (accuracy of the test split, at the end of the runs), and the counts recommended by
val/loss and by val/accuracy: how far three new seeds of each are from the best count of both grids, and how it stands
to the least count that is as good.
Fashion-MNIST is read from ``datasets/``, and left out where it is not there.
"""

import contextlib
import io
import json
import logging
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch

from epochwise.commands.evaluate import scores_of
from epochwise.epochs.score_over_counts import score_over_counts
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

TOP = Path(__file__).parents[1]
DATA = {
    "digits": ["data=digits"],
    "cancer": ["data=table"],
    "wine": ["data=table", "data.path=wine"],
    "mnist5k": ["data=mnist5k"],
    "mnist5k-cnn": ["data=mnist5k", "model=cnn"],
    "fashion10k": ["data=fashion_mnist", "model=cnn", "data.max_train_samples=10000", f"data.root={TOP / 'datasets'}"],
}
QUIET = ["~callbacks.progress_bar", "~loggers.tensorboard", "report=false"]
ALONE = [*QUIET, "~callbacks.model_summary", "trainer.limit_test_batches=0", "stopping=none"]
DEFAULTS = {"counts": "5,10,20,40,80", "seeds": "0,1,2"}
NEW_SEEDS = 100  # behind those of the ladder


def typed(script: str, *words: str) -> None:
    """Run a front door in this process."""
    sys.argv, code = [str(TOP / script), *words], 0
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as stop:
            code = int(stop.code or 0)
    if code:
        raise InputError(said.getvalue() or f"{script} ended with {code}")


def accuracy(run: Path) -> float:
    """Of the test split, in points, at the end of a run."""
    return 100 * scores_of(run, "last")["accuracy"]


def unlike(one: Path, other: Path) -> list[str]:
    """What of two runs is not equal to the bit."""
    weights = [torch.load(run / "checkpoints/last.ckpt", weights_only=True)["state_dict"] for run in (one, other)]
    found = [name for name, weight in weights[0].items() if not torch.equal(weight, weights[1][name])]
    rows = [read_epochs_csv(run / "epochs.csv") for run in (one, other)]
    plain = [[{k: v for k, v in row.items() if not k.startswith("seconds")} for row in table] for table in rows]
    return found + ["rows"] * (plain[0] != plain[1])


def grid(folder: Path, setting: list[str], counts: list[int], seeds: list[int], schedule: str) -> Iterator[Path]:
    """Separate runs, counts in their order, seeds within each."""
    for count in counts:
        for seed in seeds:
            run = folder / f"{schedule}-{count}-{seed}"
            own = [f"trainer.max_epochs={count}", f"seed={seed}", f"scheduler={schedule}", f"hydra.run.dir={run}"]
            typed("train.py", *setting, *ALONE, *own)
            yield run


def compare(name: str, folder: Path, counts: list[int], seeds: list[int]) -> None:
    """Print what came out for one data set."""
    setting, ladder = DATA[name], folder / "ladder"
    words = [
        f"counts={','.join(map(str, counts))},",
        f"seeds={','.join(map(str, seeds))},",
        f"hydra.sweep.dir={ladder}",
    ]
    begun = perf_counter()
    typed("epochs.py", *setting, *QUIET, *words)
    seconds = perf_counter() - begun
    found: dict[str, Any] = json.loads((ladder / "counts.json").read_text())
    branches = [ladder / f"epochs-{count}-seed-{seed}" for count in counts for seed in seeds]
    begun = perf_counter()
    wsd = list(grid(folder, setting, counts, seeds, "wsd"))
    grid_seconds = perf_counter() - begun
    cosine = list(grid(folder, setting, counts, seeds, "cosine"))
    other = [branch.name for branch, run in zip(branches, wsd, strict=True) if unlike(branch, run)]
    shape = (len(counts), len(seeds))
    scores = {"ladder": branches, "cosine": cosine}
    table = {kind: np.array([accuracy(run) for run in runs]).reshape(shape) for kind, runs in scores.items()}
    price = sum(found["price_epochs"]) / sum(counts)
    print(f"\n{name}: to the bit: {'all' if not other else 'not ' + ', '.join(other)} of {len(branches)}")
    print(f"  cost {price:.2f} of the grid's epochs, {seconds / grid_seconds:.2f} of its seconds")
    for row, count in enumerate(counts):
        told = "  ".join(f"{kind} {s[row].mean():.2f} +- {s[row].std(ddof=1):.2f}" for kind, s in table.items())
        print(
            f"  {count:4} epochs  {told}  difference {table['ladder'][row].mean() - table['cosine'][row].mean():+.2f}"
        )
    by_accuracy = score_over_counts(counts, np.array(found["scores"]["val/accuracy"], dtype=float), "max").recommended
    chosen = {"val/loss": found["recommended"], "val/accuracy": by_accuracy}
    new = [seed + NEW_SEEDS for seed in seeds]
    again = {
        count: np.array([accuracy(run) for run in grid(folder, setting, [count], new, "wsd")])
        for count in set(chosen.values())
    }
    means = np.maximum(*(scores.mean(axis=1) for scores in table.values()))
    noise = float(np.mean([scores.std(axis=1, ddof=1).mean() for scores in table.values()]))
    enough = max(0.3, noise)
    least = counts[int(np.argmax(means >= means.max() - enough))]
    for score, count in chosen.items():
        behind = float(means.max() - again[count].mean())
        holds = "holds" if behind <= enough and count <= 1.5 * least else "does not hold"
        print(
            f"  recommended by {score} {count}: three new seeds {again[count].mean():.2f}, {behind:+.2f} behind the "
            f"best of the grid (bar {enough:.2f}); least count as good {least}: {holds}",
            flush=True,
        )


def main() -> None:
    """Print a paragraph a data set."""
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    given = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    names = [word for word in sys.argv[1:] if "=" not in word] or list(DATA)
    numbers = {key: [int(number) for number in given.get(key, text).split(",")] for key, text in DEFAULTS.items()}
    for name in names:
        with TemporaryDirectory() as place:
            try:
                compare(name, Path(place), numbers["counts"], numbers["seeds"])
            except InputError as error:
                print(f"\n{name}: left out: {error.lines[0]}", flush=True)


if __name__ == "__main__":
    main()
