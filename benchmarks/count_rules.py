"""Hold rules that choose a count of epochs to the best count of a grid, and to what hindsight would have chosen.

    python benchmarks/count_rules.py [DATA ...] [split=0] [seeds=9]

For each data set (cancer, wine, digits, mnist5k): the default network at 5, 10, 20, 40 and 80 epochs, each with a
cool-down of its own off one trunk a seed, in a plain loop (the same network, loss, optimizer and rates as epochs.py;
other random numbers), so that many seeds are cheap. Three seeds are the ladder that a rule looks at, by its validation
split; these and three more are the grid; the last three train the count that was chosen. Every order of the three
groups is a case: of 9 seeds 6; of 6 seeds 2, whose grid is the ladder's.

A case holds where the chosen count, with its new seeds, is at most 0.3 points of test accuracy (or one standard
deviation of a run, where that is more) behind the best mean of the grid, and at most 1.5 times the least count of the
grid that is as near to the best. The best of ten means is a lucky one. So the last lines take one and the same count in
all cases of a data set, which is what no rule can know.

Tried beside the rules of epochs.py: the standard error of the 1-SE rule (Breiman et al. 1984, section 3.4.3) is that of
the samples, here of their paired differences (McNemar 1947; Dietterich 1998, section 3.1). It was settled on other
splits (``split=1``) before the split 0 was looked at.
"""

import copy
import itertools
import sys
from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from epochwise.data.digits import Digits
from epochwise.data.mnist5k import MNIST5k
from epochwise.data.table import Table
from epochwise.epochs.plan import cooldown_start
from epochwise.epochs.score_over_counts import score_over_counts
from epochwise.model.mlp import MLP

COUNTS = (5, 10, 20, 40, 80)
DATA: dict[str, Callable[[int], Digits | MNIST5k | Table]] = {
    "cancer": lambda split: Table(path="breast_cancer", split_seed=split),
    "wine": lambda split: Table(path="wine", split_seed=split),
    "digits": lambda split: Digits(split_seed=split, batch_size=64),
    "mnist5k": lambda split: MNIST5k(split_seed=split, batch_size=64),
}
LR, DECAY, SMOOTHING, COOLDOWN = 2e-3, 0.05, 0.1, 0.25  # those of conf
Parts = dict[str, tuple[Tensor, Tensor]]


def ladder(parts: Parts, num_classes: int, batch: int, seed: int) -> list[list[np.ndarray]]:
    """A row a count: val/loss, which validation samples were right, and which of the test split."""
    torch.manual_seed(seed)
    x, y = parts["train"]
    network = MLP(x.shape[1:], num_classes, [256, 256], 0.3)
    groups = [
        {"params": [each for each in network.parameters() if (each.ndim > 1) is large], "weight_decay": decay}
        for large, decay in ((True, DECAY), (False, 0.0))
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR, fused=True)
    steps = -(-len(y) // batch)

    def train(epoch: int, share: Callable[[float], float]) -> None:
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed * 1000 + epoch))
        torch.manual_seed(seed * 100000 + epoch)
        for step in range(steps):
            of_warmup = min((epoch * steps + step + 1) / (steps + 1), 1.0) if epoch == 0 else 1.0
            for group in optimizer.param_groups:
                group["lr"] = LR * of_warmup * share(epoch + step / steps)
            rows = order[step * batch : (step + 1) * batch]
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(network(x[rows]), y[rows], label_smoothing=SMOOTHING).backward()
            optimizer.step()

    found, trained = [], 0
    for count in COUNTS:
        steady = cooldown_start(count, COOLDOWN)
        for epoch in range(trained, steady):
            train(epoch, lambda at: 1.0)
        trained = steady
        kept = copy.deepcopy((network.state_dict(), optimizer.state_dict()))
        for epoch in range(steady, count):
            train(epoch, partial(cooled, steady, count))
        found.append(scored(network, parts))
        network.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])
    return found


def cooled(begin: int, end: int, at: float) -> float:
    """The share of the rate at an epoch of a cool-down."""
    return 1 - ((at - begin) / (end - begin)) ** 0.5


def scored(network: nn.Module, parts: Parts) -> list[np.ndarray]:
    """The loss of validation, and what was right of it and of the test split."""
    network.eval()
    with torch.no_grad():
        outputs = {split: network(parts[split][0]) for split in ("val", "test")}
    network.train()
    right = [(outputs[split].argmax(1) == parts[split][1]).double().numpy() for split in ("val", "test")]
    loss = cross_entropy(outputs["val"], parts["val"][1], label_smoothing=SMOOTHING)
    return [np.array(float(loss)), *right]


def chosen_by_loss(loss: np.ndarray, right: np.ndarray) -> int:
    """By val/loss, which is what epochs.py goes by unless told otherwise."""
    return score_over_counts(COUNTS, loss, "min").recommended


def chosen_by_seeds(loss: np.ndarray, right: np.ndarray) -> int:
    """By val/accuracy, as epochs.py does with monitor=val/accuracy mode=max."""
    return score_over_counts(COUNTS, right.mean(axis=2), "max").recommended


def chosen_by_samples(loss: np.ndarray, right: np.ndarray) -> int:
    """By val/accuracy, within one standard error of the differences sample by sample, or over seeds where that is more.

    Seeds are scored on the same samples, so their spread says nothing of what these leave open.
    """
    means = right.mean(axis=0)
    apart = means - means[np.argmax(means.mean(axis=1))]
    of_samples = apart.std(axis=1, ddof=1) / np.sqrt(apart.shape[1])
    found = score_over_counts(COUNTS, right.mean(axis=2), "max")
    of_seeds = found.stderr[COUNTS.index(found.best)]
    return COUNTS[int(np.argmax(-apart.mean(axis=1) <= np.fmax(of_samples, of_seeds)))]


def chosen_always(count: int, loss: np.ndarray, right: np.ndarray) -> int:
    """Whatever came out."""
    return count


RULES: dict[str, Callable[[np.ndarray, np.ndarray], int]] = {
    "val/loss": chosen_by_loss,
    "val/accuracy, seeds": chosen_by_seeds,
    "val/accuracy, seeds and samples": chosen_by_samples,
    **{f"always {count}": partial(chosen_always, count) for count in COUNTS},
}


def case(count: int, grid: list[np.ndarray], new: np.ndarray) -> tuple[bool, bool, bool]:
    """Whether a count is near enough to the best, whether it is short enough, and both; test accuracies (S, C) each."""
    means = np.maximum(*(scores.mean(axis=0) for scores in grid))
    near = max(0.3, float(np.mean([scores.std(axis=0, ddof=1).mean() for scores in grid])))
    least = COUNTS[int(np.argmax(means >= means.max() - near))]
    good = bool(means.max() - new.mean(axis=0)[COUNTS.index(count)] <= near)
    short = count <= 1.5 * least
    return good, short, good and short


def main() -> None:
    """Print a paragraph a data set."""
    torch.set_num_threads(1)
    given = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    names = [word for word in sys.argv[1:] if "=" not in word] or list(DATA)
    split, num_seeds = int(given.get("split", 0)), int(given.get("seeds", 9))
    for name in names:
        data = DATA[name](split)
        data.setup("fit")
        data.setup("test")
        assert data.spec is not None
        parts: Parts = {}
        for part in ("train", "val", "test"):
            x, y = data.splits[part][list(range(len(data.splits[part])))]
            parts[part] = (data.on_after_batch_transfer(x).float(), y)
        runs = [ladder(parts, data.spec.num_outputs, data.batch_size, 1000 * split + seed) for seed in range(num_seeds)]
        loss, right, test = (np.array([[row[place] for row in run] for run in runs]) for place in range(3))
        accuracy = 100 * test.mean(axis=2)
        print(f"\n{name}, split {split}: {right.shape[2]} validation and {test.shape[2]} test samples")
        for label, scores in (("val/loss", loss), ("test accuracy", accuracy)):
            told = "  ".join(f"{count}: {score:.4g}" for count, score in zip(COUNTS, scores.mean(axis=0), strict=True))
            print(f"  {label} after  {told}")
        groups = [slice(first, first + 3) for first in range(0, num_seeds - 2, 3)]
        orders = list(itertools.permutations(groups, 3))
        if len(groups) == 2:
            orders = [(seen, seen, new) for seen, new in itertools.permutations(groups)]
        hindsight = -inf
        for rule, choose in RULES.items():
            counts = [choose(loss[seen], right[seen]) for seen, _, _ in orders]
            held = [
                case(count, [accuracy[seen], accuracy[other]], accuracy[new])
                for count, (seen, other, new) in zip(counts, orders, strict=True)
            ]
            good, short, both = np.sum(held, axis=0)
            if rule.startswith("always"):
                hindsight = max(hindsight, both)
                continue
            which = " ".join(map(str, counts))
            print(f"  {rule:32} {which:18} near {good}, short {short}, both {both} of {len(orders)}")
        print(f"  the best single count, in hindsight{'':16} both {hindsight} of {len(orders)}", flush=True)


if __name__ == "__main__":
    main()
