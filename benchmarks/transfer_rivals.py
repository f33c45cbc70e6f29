"""The plans of benchmarks/finetuning.py and two other implementations, each made anew for a run."""

from collections.abc import Callable
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import BackboneFinetuning
from real_transfer import EPOCHS

from epochwise.finetune.plan import Plan

HEAD = {"at_epoch": 0, "unfreeze": "head"}
UNFREEZE_AT = 5  # for those with one moment

#: name -> rate and what makes the callback
OURS: dict[str, tuple[float, Callable[[], L.Callback]]] = {
    "head": (1e-2, lambda: Plan([HEAD], frozen="backbone")),
    "gradual": (1e-2, lambda: Plan([HEAD], one_stage_every_n_epochs=3, lr_decay=0.5)),
    "layerwise": (1e-2, lambda: Plan([{"at_epoch": 0, "unfreeze": "all"}], lr_decay=0.5)),
    "two phases": (
        1e-2,
        lambda: Plan([HEAD, {"at_epoch": UNFREEZE_AT, "unfreeze": "all"}], lr_scales={"backbone": 0.1}),
    ),
}


def backbone_finetuning() -> L.Callback:
    """The head, then all, the backbone at a tenth of the rate."""
    return BackboneFinetuning(UNFREEZE_AT, lambda_func=lambda _: 1.0, backbone_initial_ratio_lr=0.1, should_align=False)


def finetuning_scheduler() -> L.Callback:
    """The same two phases."""
    from finetuning_scheduler import FinetuningScheduler

    schedule: dict[int, dict[str, Any]] = {
        0: {"params": [r"network\.head\..*"], "max_transition_epoch": UNFREEZE_AT},
        1: {"params": [r"network\.st.*"], "max_transition_epoch": EPOCHS, "lr": 1e-3},
    }
    return FinetuningScheduler(ft_schedule=schedule, epoch_transitions_only=True, restore_best=False)


#: Theirs, with the rate of "two phases"
RIVALS: dict[str, Callable[[], L.Callback]] = {
    "Lightning's BackboneFinetuning": backbone_finetuning,
    "finetuning-scheduler": finetuning_scheduler,
}
