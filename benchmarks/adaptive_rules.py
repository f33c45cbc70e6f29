"""Would a stricter test of whether a score has levelled off serve stopping=adaptive better? What each would cost.

    python benchmarks/adaptive_rules.py [DATA ...]

Until its cool-down a run does not depend on when that begins. So each seed of digits and of breast cancer is trained
once, at the steady rate for 53 epochs (two minutes in all, one core), the test split is not looked at, and each rule
is asked after every epoch whether to cool down. What follows from its answer is the count of epochs of the run.

The bars are those of epoch_budget.py that count epochs: the mean over seeds at most a third of the grid's 155, and at
most 1.5 times those of its best cell (digits 80, breast cancer 20: docs/epochs.md). It ends with 1 where the rule that
is used, the first, misses one.

Of a line through the last epochs: *gain* in noise widths, what it gained over them; *surely*, that and two standard
errors of it. All rules ask twice in a row, and from the 7th epoch on.
"""

import contextlib
import io
import statistics
import sys
import tempfile
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from composed import composed
from epoch_budget import BARE, BUDGETS, DATA, MOST, SEEDS

from epochwise.commands.train import train
from epochwise.epochs.curve import Curve, column_of
from epochwise.epochs.plan import cooldown_start
from epochwise.epochs.schedule_end import FIRM_EPOCHS, LEAST_EPOCHS, levelling
from epochwise.epochs.smooth import trend
from epochwise.run.epochs_csv import read_epochs_csv

BEST_CELL = {"digits": 80, "breast_cancer": 20}


class Seen(NamedTuple):
    """What a rule is asked about: the scores so far and the line through the last part of them."""

    curve: Curve

    @property
    def count(self) -> int:
        return len(self.curve.loss)

    def gain(self, last: float = 1 / 3, errors: float = 0.0) -> float:
        """Of the line through the last part, in noise widths, and so many standard errors on top."""
        course = self.curve.course
        line = trend(self.curve.epochs, course.calm(self.curve.loss), course.noise, course.inflation, last)
        return (errors * line.stderr - line.slope) * line.window_epochs / max(course.noise, 1e-300)

    def is_plain(self, firm: int = FIRM_EPOCHS, part: float = 1 / 2) -> bool:
        """Whether there are epochs enough, or the best lies in the first part of them."""
        return self.count >= firm or int(np.argmin(self.curve.loss)) < part * self.count


def widest(seen: Seen, least: int) -> float:
    """The last third, or at least so many epochs where these are no more than half."""
    return max(round(seen.count / 3), min(round(seen.count / 2), least)) / seen.count


def used(seen: Seen) -> bool:
    return seen.gain() <= 2 and seen.is_plain()


RULES: dict[str, Callable[[Seen], bool]] = {
    "as it is: gain of the last third at most 2": used,
    "gain of the last third at most 1": lambda seen: seen.gain() <= 1 and seen.is_plain(),
    "surely at most 4": lambda seen: seen.gain(errors=2) <= 4 and seen.is_plain(),
    "a line of at least 8 epochs": lambda seen: seen.gain(widest(seen, 8)) <= 2 and seen.is_plain(),
    "gain of the last half at most 2, too": lambda seen: used(seen) and seen.gain(1 / 2) <= 2,
    "a best in the first half until the 18th": lambda seen: seen.gain() <= 2 and seen.is_plain(firm=18),
    "a best in the first two thirds until the 18th": lambda seen: seen.gain() <= 2 and seen.is_plain(18, 2 / 3),
}


def trunk(name: str, seed: int) -> list[float]:
    """val/loss of each epoch until the planned cool-down of a run of 80."""
    words = [*DATA[name], "stopping=none", "scheduler=wsd_long", f"trainer.max_epochs={MOST}", *BARE, f"seed={seed}"]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        words += [f"run_folder={folder}", "trainer.limit_test_batches=0"]
        train(composed("train", words))
        rows = read_epochs_csv(Path(folder) / "epochs.csv")
    return column_of(rows, "val/loss")[: cooldown_start(MOST, 0.5)].tolist()


def epochs_of(rule: Callable[[Seen], bool], scores: list[float]) -> int:
    """All epochs of the run: those until the rule answers, and the cool-down from there, or from the best epoch."""
    answers = {n: rule(Seen(Curve.of(scores[:n]))) for n in range(LEAST_EPOCHS, len(scores) + 1)}
    count = next((n for n in answers if n > LEAST_EPOCHS and answers[n] and answers[n - 1]), len(scores))
    course = Curve.of(scores[:count]).course
    turned = answers[count] and course.fitted[-1] - course.best_loss > 2 * course.noise
    trained = int(np.argmin(scores[:count])) + 1 if turned else count
    if rule is used and count < len(scores):
        assert levelling(Curve.of(scores[:count])).levelled_off, "not the rule that is used any more"
    return min(count + ceil(trained / 2), MOST)


def main() -> int:
    """Print a table for each data set; return the exit code."""
    torch.set_num_threads(1)
    missed = False
    for name in sys.argv[1:] or BEST_CELL:
        trunks = [trunk(name, seed) for seed in SEEDS]
        most = min(1.5 * BEST_CELL[name], sum(BUDGETS) / 3)
        print(f"\n| {name}: cools down after | epochs | of each seed |\n|---|---|---|")
        for words, rule in RULES.items():
            epochs = [epochs_of(rule, scores) for scores in trunks]
            mean = statistics.mean(epochs)
            missed |= rule is used and mean > most
            note = "" if mean <= most else f" (more than {most:.1f})"
            print(f"| {words} | {mean:.1f}{note} | {', '.join(map(str, epochs))} |", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
