"""Is the verdict right on real runs whose truth is known by construction?

    python benchmarks/real_verdicts.py [CASE ...]

Trains each case of CASES at a constant rate and with the default schedule, which ends, with seeds 0, 1 and 2: runs of
train.py in this process on digits and on tables that scikit-learn makes, a few seconds each, and prints what was
judged wrong. A verdict is right where it is one of the case's; in a run that was too short and whose schedule ended
``good_fit`` is right with a count that is a least one. At least 95 % must be right, and none may be called a good fit
where its validation is no better than guessing, or underfitting where what is left cannot be learned, nor be advised
fewer epochs while it improves, or seeds where it knows its samples by heart; it ends with 1 otherwise. CASE: which of
them; all by default.
"""

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from composed import composed
from sklearn.datasets import make_blobs, make_friedman1

from epochwise.commands.train import train

SEEDS = (0, 1, 2)
BARE = [
    *("stopping=none", "report=false", "name=real_verdicts", "trainer.limit_test_batches=0"),
    *(f"~callbacks.{name}" for name in ("model_summary", "progress_bar", "gradient_norm", "last_checkpoint")),
    "~loggers.tensorboard",
]
#: Nothing that holds against learning by heart.
FREE = ["model.dropout=0", "optimizer.weight_decay=0", "task.label_smoothing=0"]


class Case(NamedTuple):
    """Overrides, the verdicts that are right, and the table to train on, where it is none of the project's."""

    overrides: list[str]
    right: tuple[str, ...]
    table: Callable[[], pd.DataFrame] | None = None


def overlapping(accuracy: float, rows: int = 3000) -> pd.DataFrame:
    """Two classes of which the best of all classifiers gets this share right: normal, as far apart as that takes."""
    apart = 2 * float(np.quantile(np.random.default_rng(0).normal(size=200_000), accuracy))
    x, y = make_blobs(rows, centers=[[0, 0], [apart, 0]], cluster_std=1.0, random_state=0)
    return pd.DataFrame(x, columns=["a", "b"]).assign(target=np.where(y, "yes", "no"))


def noisy_numbers() -> pd.DataFrame:
    """A smooth function of five features, of which noise leaves 40 % of the variance to be known."""
    x, y = make_friedman1(1200, n_features=5, random_state=0)
    y = y + np.sqrt(1.5) * y.std() * np.random.default_rng(0).normal(size=len(y))
    return pd.DataFrame(x, columns=list("abcde")).assign(target=y)


CASES = {
    "one_unit": Case(["model.hidden_sizes=[1]", "model.dropout=0", "trainer.max_epochs=60"], ("underfitting",)),
    "one_unit_mnist5k": Case(
        ["data=mnist5k", "model.hidden_sizes=[1]", "model.dropout=0", "trainer.max_epochs=30"], ("underfitting",)
    ),
    "huge_on_60_rows": Case(
        ["data=table", "data.max_train_samples=60", "model.hidden_sizes=[1024,1024]", "trainer.max_epochs=60", *FREE],
        ("overfitting",),
    ),
    "huge_on_60_digits": Case(
        ["data.max_train_samples=60", "model.hidden_sizes=[1024,1024]", "trainer.max_epochs=40", *FREE],
        ("overfitting",),
    ),
    "label_noise": Case(["data.label_noise=0.4", "trainer.max_epochs=40", *FREE], ("overfitting",)),
    "random_labels": Case(["data.label_noise=1.0", "trainer.max_epochs=40", *FREE], ("overfitting",)),
    "bayes_69": Case(
        ["trainer.max_epochs=30", "model.hidden_sizes=[16]", "task.label_smoothing=0"],
        ("good_fit", "overfitting"),  # of the noise some can be learned by heart
        lambda: overlapping(0.69),
    ),
    "bayes_84": Case(
        ["trainer.max_epochs=30", "model.hidden_sizes=[16]", "task.label_smoothing=0"],
        ("good_fit", "overfitting"),  # of the noise some can be learned by heart
        lambda: overlapping(0.84),
    ),
    "noisy_numbers": Case(
        ["task=regression", "data.kind=number", "model.hidden_sizes=[16]", "trainer.max_epochs=120"],
        ("good_fit",),
        noisy_numbers,
    ),
    "long_enough": Case(["trainer.max_epochs=80"], ("good_fit",)),
    "long_enough_table": Case(["data=table", "trainer.max_epochs=80"], ("good_fit",)),
    "too_short": Case(["trainer.max_epochs=10", "optimizer.lr=2e-4"], ("still_improving",)),
    "too_short_table": Case(["data=table", "trainer.max_epochs=12", "optimizer.lr=1e-4"], ("still_improving",)),
}


def judged(case: Case, rate: str, seed: int) -> dict[str, Any]:
    """Train a case once, with ``scheduler=<rate>``; its result."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        words = [*case.overrides, *BARE, f"scheduler={rate}", f"seed={seed}", f"run_folder={folder}/run"]
        if case.table:
            case.table().to_csv(f"{folder}/table.csv", index=False)
            words += ["data=table", f"data.path={folder}/table.csv"]
        if "task=regression" not in words:
            words.append("~callbacks.confusion_matrix")
        train(composed("train", words))
        found: dict[str, Any] = json.loads(Path(f"{folder}/run/result.json").read_text())
        return found


def is_right(name: str, rate: str, result: dict[str, Any]) -> bool:
    """Whether the verdict of a run is one of its case's."""
    label = result["verdict"]["label"]
    as_least = name.startswith("too_short") and rate == "cosine" and result["recommended_epochs"]["at_least"]
    return label in CASES[name].right or (as_least and label == "good_fit")


def is_never_to_be(name: str, result: dict[str, Any]) -> bool:
    """Whether a verdict is one of those that must not be, whatever the share of the right ones."""
    label, count = result["verdict"]["label"], result["recommended_epochs"]["value"]
    no_better = result["chance"] is not None and result["best_score"] >= result["chance"]
    by_heart = name.startswith("huge") and result["verdict"]["advice"][0]["override"].startswith("-m seed")
    shorter = label == "still_improving" and count < result["epochs_run"]
    no_more = label == "underfitting" and name.startswith(("bayes", "noisy"))
    return (label == "good_fit" and no_better) or by_heart or shorter or no_more


def main() -> int:
    """Print a line a case; return the exit code."""
    torch.set_num_threads(1)
    runs = right = never = 0
    for name in sys.argv[1:] or CASES:
        for rate in ("none", "cosine"):
            results = [judged(CASES[name], rate, seed) for seed in SEEDS]
            runs, never = runs + len(results), never + sum(is_never_to_be(name, result) for result in results)
            right += sum(is_right(name, rate, result) for result in results)
            labels = [(result["verdict"]["label"], is_right(name, rate, result)) for result in results]
            said = ", ".join(label if kept else f"{label} WRONG" for label, kept in labels)
            print(f"{name:18} {'constant' if rate == 'none' else 'ended':9} {said}", flush=True)
            for result in results:
                if not is_right(name, rate, result):
                    print(f"    {result['monitor']} {result['best_score']:.4f}: {result['verdict']['reason']}")
    print(f"{right} of {runs} verdicts are right ({right / runs:.0%}); {never} are of those that must not be")
    return int(right < 0.95 * runs or never > 0)


if __name__ == "__main__":
    sys.exit(main())
