"""What fine-tuning brings, beside training from scratch and beside two other implementations.

    python benchmarks/finetuning.py

A small ResNet is pretrained on MNIST-5k and meets scikit-learn's digits, laid out as MNIST's, with 20 and with 100
labels; then, where it pays less, one pretrained on the digits 0 to 4 meets 5 to 9 with 10 labels a class. Each seed
draws its own labels. Scratch has three times the epochs. Rates and the pretraining's augmentation were chosen on seeds
10 and 11; all have the last epoch's weights tested, none is chosen by its score. Beside them Lightning's
BackboneFinetuning and, where it is installed (`pip install finetuning-scheduler`), that package; of all three it is
asked what a one-cycle schedule, a resume after the unfreeze and two ranks make of them. It ends with 1 where a bar is
missed: with 20 labels the frozen head 15 points above scratch, with 100 labels gradual or layer-wise 5. SEEDS=1 is
quick.
"""

import logging
import os
import statistics
import sys
import warnings
from functools import partial
from typing import Any, NamedTuple

import torch
from real_transfer import EPOCHS, SCRATCH_EPOCHS, SCRATCH_RATE, Rival, few_digits, fit, network, pretrained
from transfer_faults import CASES, Weights, one_cycle, resume, said, two_ranks
from transfer_rivals import PLANS, RIVALS, plan

from epochwise.data.digits import Digits
from epochwise.data.mnist5k import MNIST5k
from epochwise.report.terminal import quiet

SEEDS = int(os.environ.get("SEEDS", "5"))
BARS = {"20 labels": (15, ("head",)), "100 labels": (5, ("gradual", "layerwise"))}


class Case(NamedTuple):
    """Labels of a few digits, weights to begin with, and a rate for them."""

    title: str
    labels: int
    classes: list[int] | None
    weights: Weights
    rate: float


def scores(case: Case) -> dict[str, list[float] | str]:
    """Name -> test accuracy of each seed, or what broke."""
    found: dict[str, Any] = {"from scratch": []}
    num_classes, same = len(case.classes or range(10)), case.classes is None
    for seed in range(SEEDS):
        data = few_digits(case.labels, seed, case.classes)
        fitted = fit(network(num_classes), data, SCRATCH_RATE, SCRATCH_EPOCHS, seed)
        found["from scratch"].append(fitted.accuracy)
        ours = {name: (partial(plan, name), None) for name in PLANS}
        rivals = {name: (partial(make, case.rate), Rival) for name, make in RIVALS.items()}
        for name, (make, kind) in (ours | rivals).items():
            if isinstance(found.setdefault(name, []), str):
                continue
            try:
                made = network(num_classes, case.weights, same)
                found[name].append(fit(made, data, case.rate, EPOCHS, seed, make(), kind).accuracy)
            except Exception as error:  # whatever it is, it is the result
                if kind is None:
                    raise
                found[name] = said(error)
    return found


def table(case: Case) -> dict[str, float]:
    """Print a case; return the points over scratch by name."""
    found = scores(case)
    base = statistics.mean(found["from scratch"])  # type: ignore[arg-type]
    print(f"{case.title + f', {SEEDS} seeds':<34} epochs  accuracy   lowest and highest   over scratch")
    gains: dict[str, float] = {}
    for name, values in found.items():
        epochs = SCRATCH_EPOCHS if name == "from scratch" else EPOCHS
        if isinstance(values, str):
            print(f"  {name:<32} {epochs:>6}  {values}")
            continue
        gains[name] = 100 * (statistics.mean(values) - base)
        spread = f"{min(values):.3f}, {max(values):.3f}"
        print(f"  {name:<32} {epochs:>6} {statistics.mean(values):>9.3f} {spread:>20} {gains[name]:>+7.1f} points")
    print(flush=True)
    return gains


def main() -> int:
    """Print the tables; return the exit code."""
    logging.disable(logging.WARNING)
    quiet()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    mnist, mnist_accuracy = pretrained(MNIST5k(batch_size=64), epochs=12)
    lower, lower_accuracy = pretrained(Digits(image_size=28, classes=range(5), batch_size=64), epochs=40)
    print(f"pretrained: MNIST-5k, test accuracy {mnist_accuracy:.3f}; digits 0 to 4, {lower_accuracy:.3f}\n")
    weights = mnist.state_dict()
    gains = {
        case.title: table(case)
        for case in (
            Case("20 labels", 20, None, weights, 3e-3),
            Case("100 labels", 100, None, weights, 3e-3),
            Case("50 labels of 5 to 9", 50, list(range(5, 10)), lower.state_dict(), 1e-2),  # its head is new
        )
    }
    apart = two_ranks(weights)
    print(f"{'':<34} {'one-cycle':<42} {'resumed after the unfreeze':<44} two ranks")
    for name in CASES:
        print(f"  {name:<32} {one_cycle(weights, name):<42} {resume(weights, name):<44} {apart[name]}")
    missed = 0
    for title, (bar, names) in BARS.items():
        best = max(gains[title][name] for name in names)
        missed += best < bar
        print(f"\n{title}: {' or '.join(names)} {best:+.1f} points over scratch (bar: {bar})", end="")
    print()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
