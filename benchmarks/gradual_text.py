"""What gradual unfreezing brings a small text model with a hundred labels, beside scratch and beside others.

    python benchmarks/gradual_text.py      # about 4 minutes of one core

A transformer is pretrained as a language model, by `experiment=pretrain_text`, on docstrings of Python's library
without their labels, 1,096 in the order of its files. Then it is to say of which of seven packages one is, from 100
that are labelled; each seed draws its own of those. The 470 docstrings of the test split stand in none of that.
Scratch has three times the epochs, and a rate of its own. The others have the same weights, batches, epochs and rate;
decay spares biases and norms here and in Hugging Face's Trainer, not in the other two. The last epoch's weights are
tested; rates were chosen on the validation splits of seeds 10 to 14. Seconds are those of the process on one thread,
each over the quickest of those that do the same work, seed by seed. It ends with 1 where a bar is missed: gradual 5
points over scratch, no rival above it by more than two standard errors of their difference, and at most 1.1 times the
seconds of the quickest. SEEDS=1 is quick.
"""

import logging
import os
import statistics
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from text_faults import after_kill, two_ranks
from text_rivals import WAYS
from text_transfer import (
    EPOCHS,
    LABELS,
    SCRATCH_EPOCHS,
    SCRATCH_RATE,
    accuracy,
    few_texts,
    fit,
    network,
    pretrain,
    write_texts,
)

from epochwise.report.terminal import quiet
from epochwise.run.pretrained_weights import read_pretrained

SEEDS = [int(seed) for seed in os.environ.get("SEED_LIST", "").split(",") if seed]
SEEDS = SEEDS or list(range(int(os.environ.get("SEEDS", "5"))))
OURS, BAR_POINTS, BAR_SECONDS = "finetune=gradual", 5.0, 1.1
Found = dict[str, Any]
#: The same work, whose seconds are compared.
ALIKE = (
    (OURS, "finetuning-scheduler, gradual", "Hugging Face's Trainer, gradual"),
    (
        "finetune=none",
        "Hugging Face's Trainer, whole",
    ),
)


def measured(folder: Path, weights: dict[str, torch.Tensor], split: str) -> tuple[Found, Found]:
    """By name: the accuracy of each seed, and the CPU seconds; or what broke."""
    scores: Found = {"from scratch": []}
    seconds: Found = {"from scratch": []}
    # Once before it counts: what a library imports at its first step is no part of its training.
    for name, way in WAYS.items():
        scores[name], seconds[name] = [], []
        try:
            way(network(data := few_texts(folder, 99), 99, weights), data, 99, epochs=4, every=1)
        except Exception as error:  # whatever it is, it is the result
            scores[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"
    for seed in SEEDS:
        for name in scores:
            if isinstance(scores[name], str):
                continue
            data = few_texts(folder, seed)
            if name == "from scratch":
                fitted = fit(network(data, seed), data, seed, SCRATCH_RATE, SCRATCH_EPOCHS)
            else:
                fitted = WAYS[name](network(data, seed, weights), data, seed)
            scores[name].append(accuracy(fitted.network, data, split))
            seconds[name].append(fitted.seconds)
            print(f"seed {seed}  {name:<33} {scores[name][-1]:.3f} {fitted.seconds:6.1f} s", flush=True)
    print()
    return scores, seconds


def ratios(seconds: Found, name: str) -> list[float]:
    """Seconds over those of the quickest of the same work, seed by seed; empty where nobody does the same."""
    group = next((group for group in ALIKE if name in group), ())
    rows = [seconds[other] for other in group if seconds[other]]
    if not rows or not seconds[name]:
        return []
    quickest = min(rows, key=statistics.median)
    return [mine / theirs for mine, theirs in zip(seconds[name], quickest, strict=True)]


def table(scores: Found, seconds: Found) -> None:
    gap = " " * max(6 * len(SEEDS) - 10, 0)
    print(f"{'':<33} epochs  accuracy   of each seed{gap} seconds  over the quickest (spread)")
    for name, values in scores.items():
        epochs = SCRATCH_EPOCHS if name == "from scratch" else EPOCHS
        if isinstance(values, str):
            print(f"{name:<33} {epochs:>6}  {values}")
            continue
        each, took = " ".join(f"{value:.3f}" for value in values), statistics.median(seconds[name])
        over = ratios(seconds, name)
        spread = f"{statistics.median(over):.2f} ({min(over):.2f} to {max(over):.2f})" if over else "-"
        print(f"{name:<33} {epochs:>6} {statistics.mean(values):>9.3f}   {each:<{6 * len(SEEDS) + 2}}", end="")
        print(f" {took:>7.1f}  {spread}")
    print(flush=True)


def missed(scores: Found, seconds: Found) -> list[str]:
    """The bars that are not reached, in words."""
    ours, base = scores[OURS], scores["from scratch"]
    points = 100 * (statistics.mean(ours) - statistics.mean(base))
    print(f"{OURS}: {points:+.1f} points over scratch (bar: {BAR_POINTS:g})")
    found = [f"only {points:.1f} points over scratch"] * (points < BAR_POINTS)
    for name, values in scores.items():
        if name not in WAYS or name == OURS or isinstance(values, str):
            continue
        behind = [theirs - own for theirs, own in zip(values, ours, strict=True)]
        error = statistics.stdev(behind) / len(behind) ** 0.5 if len(behind) > 1 else float("inf")
        found += [f"behind {name} by {statistics.mean(behind):.3f}"] * (statistics.mean(behind) > 2 * error)
    over = statistics.median(ratios(seconds, OURS))
    return found + [f"{over:.2f} times the quickest's seconds"] * (over > BAR_SECONDS)


def main() -> int:
    """Print the tables; return the exit code."""
    logging.disable(logging.WARNING)
    quiet()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("KEEP_IN", made))
        if not (folder / "pretrained").exists():
            write_texts(folder)
            print(f"pretrained: test perplexity {pretrain(folder)['perplexity']:.1f}; then {LABELS} labels\n")
        weights = read_pretrained(f"{folder}/pretrained/checkpoints/last.ckpt").weights
        torch.save(weights, folder / "weights.pt")
        scores, seconds = measured(folder, weights, os.environ.get("SPLIT", "test"))
        table(scores, seconds)
        if os.environ.get("FAULTS", "1") == "1":
            print(f"{'':<33} {'after kill -9':<44} weights of two ranks")
            for name in WAYS:
                print(f"{name:<33} {after_kill(folder, name):<44} {two_ranks(folder, name)}", flush=True)
            print()
    lines = missed(scores, seconds)
    print(*lines, sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
