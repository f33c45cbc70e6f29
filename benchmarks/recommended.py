"""Measure how the recommended count of epochs does with other seeds.

    python benchmarks/recommended.py [SEED ...]

Trains every setting of real_runs.py with each seed (3, 4 and 5) at a constant learning rate. There a training of n
epochs is the first n epochs of a longer one, to the bit (checked here once), so the score of a fresh training for a
recommended count is read off the other seeds' curves. A cosine over n epochs would be another training, and the count
of one run no advice for it.

A case is one seed's recommendation tried with another seed. It is right where the score at the count is at most one
noise width (standard deviation of a score about its course, ``RecommendedEpochs.noise``) behind the best epoch of that
training's own course. Beside it, what one would do instead: the epoch of the lowest score, and all the epochs.
"""

import itertools
import sys

import numpy as np
from real_runs import SETTINGS, real_run

from epochwise.epochs.curve import Curve
from epochwise.epochs.recommended import recommend_epochs


def main() -> None:
    """Print the table."""
    seeds = [int(each) for each in sys.argv[1:]] or [3, 4, 5]
    behind: dict[str, list[float]] = {"recommended": [], "lowest score": [], "all epochs": []}
    for name, setting in SETTINGS.items():
        vals = [np.array(real_run(setting, seed).val) for seed in seeds]
        found = [recommend_epochs(Curve.of(val)) for val in vals]
        if name == "digits":
            again = real_run(setting, seeds[0], max_epochs=7).val
            assert again == vals[0][:7].tolist(), "a shorter training is not the beginning of a longer one"
        counts = []
        for (_, one), (j, other) in itertools.permutations(list(enumerate(vals)), 2):
            mine, best = found[next(i for i, val in enumerate(vals) if val is one)], found[j]
            assert mine is not None and best is not None
            counts.append((other[mine.value - 1] - best.best_score) / mine.noise)
            behind["lowest score"].append((other[np.argmin(one)] - best.best_score) / mine.noise)
            behind["all epochs"].append((other[-1] - best.best_score) / mine.noise)
        behind["recommended"] += counts
        bands = "  ".join(f"{each.value} ({each.low} to {each.high})" for each in found if each)
        print(f"{name:24} {bands:48} {sum(np.array(counts) <= 1)} of {len(counts)} right", flush=True)
    for rule, widths in behind.items():
        right = int(np.sum(np.array(widths) <= 1))
        print(f"{rule:14} {right} of {len(widths)} cases within one noise width ({right / len(widths):.0%})")


if __name__ == "__main__":
    main()
