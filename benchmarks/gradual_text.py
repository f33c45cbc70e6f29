"""What gradual unfreezing brings a small text model with a hundred labels, beside scratch and beside others.

    python benchmarks/gradual_text.py      # about 8 minutes of one core

A transformer is pretrained as a language model, by `experiment=pretrain_text`, on docstrings of Python's library
without their labels. Then it is to say of which of seven packages one is, from 100 that are labelled; each seed draws
its own of those. The 471 docstrings of the test split stand in none of that. Scratch has three times the epochs. All
others have the same weights, batches and epochs, and each a rate of its own. Of each the last epoch's weights are
tested. First it is seen what differs where dropout is off: rounding, and whose decay spares biases. Seconds are those
of the process on one thread, each over the quickest of those that do the same work, seed by seed.

It ends with 1 where a bar is missed: gradual 5 points over scratch, no rival above it by more than two standard errors
of their difference, and at most 1.1 times the seconds of the quickest. SEEDS=1 is quick. CHOOSE=1 scores 439 other
docstrings, which no training sees either: there settings are chosen, with SEED_LIST=20,21,22 for other draws of the
labels, and RATE_SCALE=2 to double each rate.
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
from text_rivals import SETTINGS, WAYS
from text_transfer import (
    EPOCHS,
    LABELS,
    SCRATCH_EPOCHS,
    SCRATCH_RATE,
    few_texts,
    fit,
    network,
    outputs,
    pretrain,
    scored,
    write_texts,
)

from epochwise.report.terminal import quiet
from epochwise.run.pretrained_weights import read_pretrained

SEEDS = [int(seed) for seed in os.environ.get("SEED_LIST", "").split(",") if seed]
SEEDS = SEEDS or list(range(30, 30 + int(os.environ.get("SEEDS", "5"))))
OURS, BAR_POINTS, BAR_SECONDS = "finetune=gradual", 5.0, 1.1
SCRATCH, SCALE = "from scratch", float(os.environ.get("RATE_SCALE", "1"))
Found = dict[str, Any]
#: The same work, whose seconds are compared.
ALIKE = (
    (OURS, "finetuning-scheduler, gradual", "Hugging Face's Trainer, gradual"),
    (
        "finetune=none",
        "Hugging Face's Trainer, whole",
    ),
)


def apart(folder: Path, weights: dict[str, torch.Tensor]) -> Found:
    """How far the logits of each are from those of ours for the same work, all at one rate and without dropout.

    What a library imports at its first step is paid for here, and is no part of the seconds. Whoever breaks is told by
    its error.
    """
    data, made = few_texts(folder, 99), {}
    found: Found = {}
    for name, way in WAYS.items():
        try:
            fitted = way(network(data, 99, weights, dropout=0.0), data, 99, epochs=5, constant=True)
            made[name] = outputs(fitted.network, data)[0]
        except Exception as error:  # whatever it is, it is the result
            found[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"
    for name, output in made.items():
        ours = OURS if "gradual" in name else "finetune=none"
        found[name] = float((output - made[ours]).abs().max())
    return found


def measured(folder: Path, weights: dict[str, torch.Tensor], names: list[str]) -> tuple[Found, Found, Found]:
    """By name, for each seed: the accuracy, the cross-entropy in nats, and the CPU seconds."""
    kept: list[Found] = [{name: [] for name in (SCRATCH, *names)} for _ in range(3)]
    scores, losses, seconds = kept
    for seed in SEEDS:
        for name in scores:
            data = few_texts(folder, seed)
            if name == SCRATCH:
                fitted = fit(network(data, seed), data, seed, SCALE * SCRATCH_RATE, SCRATCH_EPOCHS)
            else:
                settings = SETTINGS[name] | {"rate": SCALE * SETTINGS[name]["rate"]}
                fitted = WAYS[name](network(data, seed, weights), data, seed, **settings)
            for each, value in zip(kept, (*scored(fitted.network, data), fitted.seconds), strict=True):
                each[name].append(value)
            print(f"seed {seed}  {name:<33} {scores[name][-1]:.3f} {losses[name][-1]:.3f} {fitted.seconds:6.1f} s")
    print()
    return scores, losses, seconds


def ratios(seconds: Found, name: str) -> list[float]:
    """Seconds over those of the quickest of the same work, seed by seed; empty where nobody does the same."""
    group = next((group for group in ALIKE if name in group), ())
    rows = [seconds[other] for other in group if other in seconds]
    if not rows:
        return []
    quickest = min(rows, key=statistics.median)
    return [mine / theirs for mine, theirs in zip(seconds[name], quickest, strict=True)]


def table(scores: Found, losses: Found, seconds: Found) -> None:
    gap = " " * max(6 * len(SEEDS) - 10, 0)
    print(f"{'':<33} epochs    rate  accuracy  loss   of each seed{gap} seconds  over the quickest (spread)")
    for name, values in scores.items():
        epochs, rate = (SCRATCH_EPOCHS, SCRATCH_RATE) if name == SCRATCH else (EPOCHS, SETTINGS[name]["rate"])
        each, took = " ".join(f"{value:.3f}" for value in values), statistics.median(seconds[name])
        over = ratios(seconds, name)
        spread = f"{statistics.median(over):.2f} ({min(over):.2f} to {max(over):.2f})" if over else "-"
        print(f"{name:<33} {epochs:>6} {SCALE * rate:>7g} {statistics.mean(values):>9.3f}", end=" ")
        print(f"{statistics.mean(losses[name]):>5.3f}   {each:<{6 * len(SEEDS) + 2}} {took:>7.1f}  {spread}")
    print()


def missed(scores: Found, seconds: Found) -> list[str]:
    """The bars that are not reached, in words."""
    ours, base = scores[OURS], scores[SCRATCH]
    points = 100 * (statistics.mean(ours) - statistics.mean(base))
    print(f"{OURS}: {points:+.1f} points over scratch (bar: {BAR_POINTS:g})")
    found = [f"only {points:.1f} points over scratch"] * (points < BAR_POINTS)
    for name, values in scores.items():
        if name in (SCRATCH, OURS):
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
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("KEEP_IN", made))
        if not (folder / "pretrained").exists():
            write_texts(folder)
            print(f"pretrained: test perplexity {pretrain(folder)['perplexity']:.1f}; then {LABELS} labels\n")
        weights = read_pretrained(f"{folder}/pretrained/checkpoints/last.ckpt").weights
        torch.save(weights, folder / "weights.pt")
        print("the same work without dropout, at one rate: logits apart")
        found, alike = apart(folder, weights), [name for group in ALIKE for name in group]
        print(*(f"{name:<33} {what}" for name, what in found.items() if name in alike), "", sep="\n")
        scores, losses, seconds = measured(folder, weights, [name for name in WAYS if isinstance(found[name], float)])
        table(scores, losses, seconds)
        if os.environ.get("FAULTS", "1") == "1":
            print(f"{'':<33} {'after kill -9':<44} weights of two ranks")
            for name in WAYS:
                print(f"{name:<33} {after_kill(folder, name):<44} {two_ranks(folder, name)}")
            print()
    lines = missed(scores, seconds)
    print(*lines, sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
