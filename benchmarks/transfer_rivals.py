"""The plans of finetune=... and two other implementations, for benchmarks/finetuning.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from lightning.pytorch.callbacks import BackboneFinetuning
from real_transfer import EPOCHS

from epochwise.command_line.composer import engine_conf

CONF = Path(__file__).parents[1] / "conf"
PLANS = ("head", "gradual", "layerwise", "two_phase")
UNFREEZE_AT = 5  # the second phase of two_phase


def plan(name: str) -> L.Callback:
    """The callback of finetune=NAME, made anew for a run."""
    with engine_conf(), initialize_config_dir(str(CONF), version_base="1.3"):
        node = compose("train", overrides=[f"finetune={name}"]).finetune
    made: L.Callback = instantiate(node, _convert_="all")
    return made


def backbone_finetuning(rate: float) -> L.Callback:
    """As two_phase: the head, then all, the backbone at a tenth of the rate."""
    return BackboneFinetuning(UNFREEZE_AT, lambda_func=lambda _: 1.0, backbone_initial_ratio_lr=0.1, should_align=False)


def finetuning_scheduler(rate: float) -> L.Callback:
    """As two_phase."""
    from finetuning_scheduler import FinetuningScheduler

    schedule: dict[int, dict[str, Any]] = {
        0: {"params": [r"network\.head\..*"], "max_transition_epoch": UNFREEZE_AT},
        1: {"params": [r"network\.st.*"], "max_transition_epoch": EPOCHS, "lr": rate / 10},
    }
    return FinetuningScheduler(ft_schedule=schedule, epoch_transitions_only=True, restore_best=False)


#: name -> what makes the callback for a rate
RIVALS: dict[str, Callable[[float], L.Callback]] = {
    "Lightning's BackboneFinetuning": backbone_finetuning,
    "finetuning-scheduler": finetuning_scheduler,
}
