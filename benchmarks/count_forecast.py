"""Measure what the score over counts says on real data: its band, its answer, and where a climb ends.

    python benchmarks/count_forecast.py [SETTING ...]

Trains every setting of real_runs.py, or those that are named, with three seeds at 5, 10, 20, 40 and 80 epochs, each run
with a cool-down of its own. Prints whether the band that 5 to 40 give, of that seed alone and of all three, holds what
the seed scored at 80; which count is recommended; and at which the ladder ends that ends by itself. The mean score
there is told in standard errors behind the best of all counts.
"""

import sys

import numpy as np
from real_runs import SETTINGS, real_run

from epochwise.epochs.score_over_counts import enough, score_over_counts

COUNTS = (5, 10, 20, 40, 80)
SEEDS = (0, 1, 2)


def main() -> None:
    """Print the table."""
    held: dict[str, list[bool]] = {"one seed": [], "three seeds": []}
    behind: dict[str, list[float]] = {"recommended": [], "climbed": []}
    for name in sys.argv[1:] or SETTINGS:
        runs = [[real_run(SETTINGS[name], seed, count, cools_down=True) for count in COUNTS] for seed in SEEDS]
        scores = np.array([[run.val[-1] for run in of_seed] for of_seed in runs])
        inside = {
            "one seed": [_holds(scores[[index]], scores[index, -1]) for index in range(len(SEEDS))],
            "three seeds": [_holds(scores, score) for score in scores[:, -1]],
        }
        found = score_over_counts(COUNTS, scores, "min")
        climbed = _climb(scores)
        for kind, count in (("recommended", found.recommended), ("climbed", climbed)):
            place = COUNTS.index(count)
            behind[kind].append((found.mean[place] - min(found.mean)) / found.stderr[COUNTS.index(found.best)])
        for kind, of_kind in inside.items():
            held[kind] += of_kind
        means = " ".join(f"{mean:.4f}" for mean in found.mean)
        said = f"in the band {sum(inside['one seed'])} and {sum(inside['three seeds'])} of {len(SEEDS)}"
        print(f"{name:24} {means}  {said}  recommended {found.recommended}, climbed to {climbed}", flush=True)
    for kind, of_kind in held.items():
        print(f"the band of {kind}: {sum(of_kind)} of {len(of_kind)} scores at {COUNTS[-1]} ({np.mean(of_kind):.0%})")
    for kind, errors in behind.items():
        print(f"{kind}: {np.mean(errors):.2f} standard errors behind the best on average, {max(errors):.2f} at most")


def _holds(scores: np.ndarray, score: float) -> bool:
    """Whether the band of all counts but the last holds a score at the last."""
    ahead = score_over_counts(COUNTS[:-1], scores[:, :-1], "min").forecast
    assert ahead is not None
    place = ahead.counts.index(COUNTS[-1])
    return bool(ahead.low[place] <= score <= ahead.high[place])


def _climb(scores: np.ndarray) -> int:
    """The count that a ladder recommends which ends by itself."""
    for num in range(1, len(COUNTS) + 1):
        found = score_over_counts(COUNTS[:num], scores[:, :num], "min")
        if enough(found):
            break
    return found.recommended


if __name__ == "__main__":
    main()
