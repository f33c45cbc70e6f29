"""What it takes to find the number of epochs: a grid of budgets, early stopping, adaptive, schedule-free.

    python benchmarks/epoch_budget.py [FOLDER] [DATA ...]

Every run is one of train.py, in this process and on one thread: real data, the default network, seeds 0, 1 and 2, the
test split scored once with the weights of the best epoch by val/loss. FOLDER holds Fashion-MNIST as torchvision lays it
out (the Debian package dataset-fashion-mnist has the files); without it that data set is left out, and says so. DATA:
which of the four data sets; all by default.

(a) ``grid``: cosine over 5, 10, 20, 40 and 80 epochs; choosing among them costs all 155. (b) ``early``: a constant rate
and stopping=early. (c) ``adaptive``: stopping=adaptive. (d) ``schedule_free``: optimizer=schedule_free and
stopping=early. All but (a) have 80 epochs as their upper bound.

The bars, for (c) against the best cell of the grid by mean test accuracy: within 0.5 points or one standard error of
that cell over seeds, whichever is larger; at most 1.5 times its epochs; at most a third of what the grid cost. It ends
with 1 where one is missed.
"""

import contextlib
import io
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import torch
from composed import composed

from epochwise.commands.train import train

SEEDS, BUDGETS, MOST = (0, 1, 2), (5, 10, 20, 40, 80), 80
# A third is held out as test, where no test split is published: with 15 % a single sample would decide.
DATA = {
    "breast_cancer": ["data=table", "data.test_fraction=0.3"],
    "digits": ["data=digits", "data.test_fraction=0.3"],
    "mnist5k": ["data=mnist5k", "data.test_fraction=0.3"],
    # 10,000 to train on and 2,560 to validate with, of the 60,000; a smaller network, since it is the largest set.
    "fashion_mnist": [
        *("data=fashion_mnist", "data.max_train_samples=10000", "data.batch_size=256", "trainer.limit_val_batches=10"),
        "model.hidden_sizes=[128]",
    ],
}
BOUND = f"trainer.max_epochs={MOST}"
ARMS = {
    **{f"grid {n}": ["scheduler=cosine", "stopping=none", f"trainer.max_epochs={n}"] for n in BUDGETS},
    "early": ["scheduler=none", "stopping=early", BOUND],
    "adaptive": ["stopping=adaptive", BOUND],
    "schedule_free": ["optimizer=schedule_free", "stopping=early", BOUND],
}
# What is only watched, and costs time.
BARE = [
    "report=false",
    "name=epoch_budget",
    *(f"~callbacks.{name}" for name in ("model_summary", "progress_bar", "train_eval", "gradient_norm")),
    *("~callbacks.confusion_matrix", "~callbacks.last_checkpoint", "~loggers.tensorboard"),
]


class Cell(NamedTuple):
    """Of one way on one data set, a value a seed: test accuracy (or R2) in percent, epochs trained, seconds in all."""

    accuracy: list[float]
    epochs: list[int]
    seconds: list[float]

    @property
    def stderr(self) -> float:
        return statistics.stdev(self.accuracy) / len(self.accuracy) ** 0.5


def run(overrides: list[str], seed: int) -> tuple[float, int, float]:
    """Train once; accuracy (of numbers, R2), epochs and seconds."""
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        words = [*overrides, *BARE, f"seed={seed}", f"run_folder={folder}"]
        if "task=regression" in words:
            words.remove("~callbacks.confusion_matrix")  # it has none
        train(composed("train", words))
        result = json.loads((Path(folder) / "result.json").read_text())
    test = result["test"]
    return 100 * test.get("accuracy", test.get("r2")), result["epochs_run"], perf_counter() - began


def judge(cells: dict[str, Cell]) -> list[tuple[str, bool]]:
    """The bars, in words, and whether each is kept."""
    grid = {arm: cell for arm, cell in cells.items() if arm.startswith("grid")}
    name = max(grid, key=lambda arm: statistics.mean(grid[arm].accuracy))
    best, adaptive = grid[name], cells["adaptive"]
    behind = statistics.mean(best.accuracy) - statistics.mean(adaptive.accuracy)
    allowed = max(0.5, best.stderr)
    times = statistics.mean(adaptive.epochs) / statistics.mean(best.epochs)
    share = statistics.mean(adaptive.epochs) / sum(BUDGETS)
    return [
        (f"{behind:+.2f} points behind {name} (at most {allowed:.2f})", behind <= allowed),
        (f"{times:.2f} times its epochs (at most 1.5)", times <= 1.5),
        (f"{share:.0%} of the grid's epochs (at most 33 %)", share <= 1 / 3),
    ]


def compare(
    name: str, choice: list[str], ways: dict[str, list[str]], judge: Callable[[dict[str, Cell]], list[tuple[str, bool]]]
) -> int:
    """Print the table of one data set and its bars; return how many were missed."""
    print(f"\n| {name} | test score, % | epochs | of each seed | seconds |\n|---|---|---|---|---|")
    cells = {}
    for way, overrides in ways.items():
        found = [run([*choice, *overrides], seed) for seed in SEEDS]
        cell = cells[way] = Cell(*map(list, zip(*found, strict=True)))
        score = f"{statistics.mean(cell.accuracy):.2f} ± {cell.stderr:.2f}"
        epochs, each = statistics.mean(cell.epochs), ", ".join(map(str, cell.epochs))
        print(f"| {way} | {score} | {epochs:.1f} | {each} | {statistics.mean(cell.seconds):.1f} |", flush=True)
    bars = judge(cells)
    for line, kept in bars:
        print(f"adaptive: {line}{'' if kept else ': MISSED'}", flush=True)
    return sum(not kept for _, kept in bars)


def main() -> int:
    """Print the table; return the exit code."""
    torch.set_num_threads(1)
    folders = [word for word in sys.argv[1:] if word not in DATA]
    chosen = [word for word in sys.argv[1:] if word in DATA] or list(DATA)
    data, missed, began = {name: [*DATA[name]] for name in DATA if name in chosen}, 0, perf_counter()
    if "fashion_mnist" in data and folders:
        data["fashion_mnist"].append(f"data.root={folders[0]}")
    elif data.pop("fashion_mnist", None):
        print("fashion_mnist is left out: name the folder that holds it")
    for name, choice in data.items():
        missed += compare(name, choice, ARMS, judge)
    print(f"\n{missed} bars missed; {(perf_counter() - began) / 60:.0f} min")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
