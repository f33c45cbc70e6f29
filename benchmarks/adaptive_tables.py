"""stopping=adaptive on tables of which five epochs are enough, or eighty: against a grid of budgets.

    python benchmarks/adaptive_tables.py [FOLDER] [TABLE ...]

Every run is one of train.py, in this process and on one thread: the default network, seeds 0, 1 and 2, a third held out
as test, scored once with the weights of the best epoch by val/loss. FOLDER holds the package statsmodels, unpacked
(pip download --no-deps statsmodels==0.15.0; unzip): of it are ``fair`` (6,366 rows: an affair or none) and ``anes96``
(944 rows: one of seven party identifications); without it both are left out, and it says so. ``gauss``: two normal
distributions in ten dimensions, 1,000 rows, the best score there is is 0.84; ``friedman1``: 1,000 rows, noise 1, a
number to tell; ``wine``: scikit-learn's, 178 rows. TABLE: which of them.

``grid``: cosine over 5, 10, 20, 40 and 80 epochs. The bars, for ``adaptive`` (at most 80 epochs) against the best cell
of the grid by mean test score: at most 0.5 points of accuracy (of R2: 0.005) behind, and at most 1.5 times its epochs
and 8. The best of five means of three is lucky: the spread of a mean stands beside it. It ends with 1 where a bar is
missed.
"""

import csv
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from epoch_budget import ARMS, Cell, compare
from sklearn.datasets import make_friedman1

NUMBER = ["data.kind=number", "task=regression"]
TABLES = {"gauss": [], "wine": ["data.path=wine"], "friedman1": NUMBER, "fair": [], "anes96": []}
WAYS = {name: words for name, words in ARMS.items() if name.startswith("grid") or name == "adaptive"}


def gauss(rows: int = 1000, apart: float = 1.0) -> tuple[np.ndarray, list[str]]:
    """Two normal distributions whose means are two of ``apart`` from each other in the first of ten columns."""
    chance = np.random.default_rng(0)
    side = chance.integers(0, 2, rows)
    features = chance.normal(size=(rows, 10))
    features[:, 0] += apart * (2 * side - 1)
    return features, ["ab"[each] for each in side]


def statsmodels_table(folder: Path, name: str) -> tuple[Sequence[Sequence[str]], list[str]]:
    """The rows and the targets of one of its data sets."""
    path = folder / "statsmodels" / "datasets" / name / f"{name}.csv"
    text = path.read_text(encoding="utf-8").replace("'", "").replace('"', "").replace("\t", ",")
    head, *rows = csv.reader(text.splitlines())
    at = head.index("affairs" if name == "fair" else "PID")
    targets = [("none" if float(row[at]) == 0 else "some") if name == "fair" else f"party {row[at]}" for row in rows]
    return [[*row[:at], *row[at + 1 :]] for row in rows], targets


def write(path: Path, features: Iterable[Sequence[Any]], targets: Iterable[Any]) -> str:
    """A table as a file; returns what names it."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = [[*row, target] for row, target in zip(features, targets, strict=True)]
        csv.writer(file).writerows([[*(f"x{index}" for index in range(len(rows[0]) - 1)), "target"], *rows])
    return f"data.path={path}"


def judge(cells: dict[str, Cell]) -> list[tuple[str, bool]]:
    """The bars, in words, and whether each is kept."""
    grid = {name: cell for name, cell in cells.items() if name.startswith("grid")}
    name = max(grid, key=lambda one: statistics.mean(grid[one].accuracy))
    best, adaptive = grid[name], cells["adaptive"]
    behind = statistics.mean(best.accuracy) - statistics.mean(adaptive.accuracy)
    allowed = 1.5 * statistics.mean(best.epochs) + 8
    return [
        (f"{behind:+.2f} points behind {name} ± {best.stderr:.2f} (at most 0.5)", behind <= 0.5),
        (f"{statistics.mean(adaptive.epochs):.1f} epochs (at most {allowed:.0f})", max(adaptive.epochs) <= allowed),
    ]


def main() -> int:
    """Print the table; return the exit code."""
    torch.set_num_threads(1)
    folders = [Path(word) for word in sys.argv[1:] if word not in TABLES]
    chosen = [word for word in sys.argv[1:] if word in TABLES] or list(TABLES)
    missed, began = 0, perf_counter()
    with tempfile.TemporaryDirectory() as made:
        for name in chosen:
            words = ["data=table", "data.test_fraction=0.3", *TABLES[name]]
            path = Path(made) / f"{name}.csv"
            if name == "gauss":
                words.append(write(path, *gauss()))
            elif name == "friedman1":
                words.append(write(path, *make_friedman1(1000, noise=1.0, random_state=0)))
            elif name in ("fair", "anes96"):
                if not folders:
                    print(f"{name} is left out: name the folder that holds the package statsmodels")
                    continue
                words.append(write(path, *statsmodels_table(folders[0], name)))
            missed += compare(name, words, WAYS, judge)
    print(f"\n{missed} bars missed; {(perf_counter() - began) / 60:.0f} min")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
