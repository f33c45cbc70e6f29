"""What fine-tuning brings, beside training from scratch and beside two other implementations.

    python benchmarks/finetuning.py

A small ResNet is pretrained on MNIST-5k and meets scikit-learn's digits, laid out as MNIST's, with 20 and with 100
labels. Each seed draws its own labels. Scratch has three times the epochs; all have the last epoch's weights tested,
none is chosen by its score. Beside them Lightning's BackboneFinetuning and, where it is installed (`pip install
finetuning-scheduler`), that package; of all three it is asked what a one-cycle schedule and a resume after the
unfreeze make of them. It ends with 1 where a bar is missed: with 20 labels the frozen head 15 points above scratch,
with 100 labels gradual or layer-wise 5. SEEDS=1 is quick.
"""

import logging
import os
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import BackboneFinetuning
from real_transfer import EPOCHS, SCRATCH_EPOCHS, Rival, data_with, fit, network, pretrained

from epochwise.commands.quiet import quiet
from epochwise.finetune.plan import Plan

SEEDS = int(os.environ.get("SEEDS", "5"))
LABELS = (20, 100)
HEAD = {"at_epoch": 0, "unfreeze": "head"}
UNFREEZE_AT = 5  # for those with one moment
#: name -> rate and what makes the callback; None: nothing frozen
OURS: dict[str, tuple[float, Callable[[], Plan]]] = {
    "head": (1e-2, lambda: Plan([HEAD], frozen="backbone")),
    "gradual": (1e-2, lambda: Plan([HEAD], one_stage_every_n_epochs=3, lr_decay=0.5)),
    "layerwise": (1e-2, lambda: Plan([{"at_epoch": 0, "unfreeze": "all"}], lr_decay=0.5)),
    "two phases": (
        1e-2,
        lambda: Plan([HEAD, {"at_epoch": UNFREEZE_AT, "unfreeze": "all"}], lr_scales={"backbone": 0.1}),
    ),
}


def backbone_finetuning() -> L.Callback:
    return BackboneFinetuning(UNFREEZE_AT, lambda_func=lambda _: 1.0, backbone_initial_ratio_lr=0.1, should_align=False)


def finetuning_scheduler() -> L.Callback:
    from finetuning_scheduler import FinetuningScheduler

    stages = {0: [r"network\.head\..*"], 1: [r"network\.stage.*", r"network\.stem.*"]}
    schedule: dict[int, Any] = {
        depth: {"params": names, "max_transition_epoch": EPOCHS} for depth, names in stages.items()
    }
    schedule[0]["max_transition_epoch"], schedule[1]["lr"] = UNFREEZE_AT, 1e-3
    return FinetuningScheduler(ft_schedule=schedule, epoch_transitions_only=True, restore_best=False)


RIVALS: dict[str, Callable[[], L.Callback]] = {
    "Lightning's BackboneFinetuning": backbone_finetuning,
    "finetuning-scheduler": finetuning_scheduler,
}


def scores(weights: dict[str, torch.Tensor], labels: int) -> dict[str, list[float] | str]:
    """Name -> test accuracy of each seed, or what broke."""
    found: dict[str, Any] = {"scratch": []}
    for seed in range(SEEDS):
        data = data_with(labels, seed)
        found["scratch"].append(fit(network(), data, 2e-3, SCRATCH_EPOCHS, seed).accuracy)
        for name, (rate, plan) in OURS.items():
            found.setdefault(name, []).append(fit(network(weights), data, rate, EPOCHS, seed, plan()).accuracy)
        for name, make in RIVALS.items():
            if not isinstance(found.get(name, []), str):
                try:
                    score = fit(network(weights), data, 1e-2, EPOCHS, seed, make(), Rival).accuracy
                    found.setdefault(name, []).append(score)
                except Exception as error:  # whatever it is, it is the result
                    found[name] = said(error)
    return found


def one_cycle(weights: dict[str, torch.Tensor], make: Callable[[], L.Callback], kind: Any) -> str:
    schedule = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=1e-2, epochs=EPOCHS)
    try:
        fit(network(weights), data_with(20, 0), 1e-2, EPOCHS, 0, make(), kind, schedule)
    except Exception as error:
        return said(error)
    return "runs"


def resume(weights: dict[str, torch.Tensor], make: Callable[[], L.Callback], kind: Any) -> str:
    """Cut a run off two epochs after the unfreeze and go on with it, beside the same run left alone."""
    data, path = data_with(20, 0), os.path.join(tempfile.mkdtemp(), "cut.ckpt")
    try:
        whole = fit(network(weights), data, 1e-2, EPOCHS, 0, make(), kind)
        fit(network(weights), data, 1e-2, UNFREEZE_AT + 2, 0, make(), kind, save=path)
        resumed = fit(network(weights), data, 1e-2, EPOCHS, 0, make(), kind, load=path)
    except Exception as error:
        return said(error)
    frozen = sum(not parameter.requires_grad for parameter in resumed.network.parameters())
    pairs = zip(whole.network.parameters(), resumed.network.parameters(), strict=True)
    apart = max(float((a - b).detach().abs().max()) for a, b in pairs)
    return f"weights differ by {apart:.1g}" + (f", {frozen} tensors stay frozen" if frozen else "")


def said(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return "not installed"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:90]}"


def main() -> int:
    """Print the tables; return the exit code."""
    logging.disable(logging.WARNING)
    quiet()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    weights, accuracy = pretrained()
    print(f"pretrained on MNIST-5k: test accuracy {accuracy:.3f}\n")
    gains: dict[int, dict[str, float]] = {}
    for labels in LABELS:
        found = scores(weights, labels)
        print(f"{labels} labels, {SEEDS} seeds{'epochs':>28} {'accuracy':>9} {'spread':>13}   over scratch")
        base = statistics.mean(found["scratch"])  # type: ignore[arg-type]
        gains[labels] = {}
        for name, values in found.items():
            epochs = SCRATCH_EPOCHS if name == "scratch" else EPOCHS
            if isinstance(values, str):
                print(f"  {name:<34} {epochs:>8} {values}")
                continue
            gain = gains[labels][name] = 100 * (statistics.mean(values) - base)
            spread = f"{min(values):.3f}..{max(values):.3f}"
            print(f"  {name:<34} {epochs:>8} {statistics.mean(values):>9.3f} {spread:>13}   {gain:+.1f} points")
        print()
    print(f"{'':<36} {'one-cycle':<50} resumed after the unfreeze")
    for name, make, kind in [("two phases", OURS["two phases"][1], None), *((n, m, Rival) for n, m in RIVALS.items())]:
        print(f"  {name:<34} {one_cycle(weights, make, kind):<50} {resume(weights, make, kind)}")
    few, more = gains[20]["head"], max(gains[100]["gradual"], gains[100]["layerwise"])
    print(f"\nover scratch: head, 20 labels {few:+.1f} points (bar: 15); gradual or layer-wise, 100 {more:+.1f} (5)")
    return int(few < 15 or more < 5)


if __name__ == "__main__":
    sys.exit(main())
