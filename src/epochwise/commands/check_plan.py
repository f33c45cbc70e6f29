"""Whether what a config plans to train is in its network, and in its epochs."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.commands.build import build
from epochwise.commands.build_network import build_network


def check_plan(config: DictConfig, spec: dict[str, Any]) -> None:
    """Hold a plan of fine-tuning against the network, where the jobs are started: else each would fail for it.

    Args:
        config: of one of the jobs.
        spec: of its data.

    Raises:
        InputError: see ``finetune.plan``; or the network refuses its settings.
    """
    if not (config.get("finetune") or {}).get("phases"):
        return
    config = OmegaConf.merge(config, {"spec": spec})  # type: ignore[assignment]
    finetune = build(config, "finetune")
    if hasattr(finetune, "bind"):
        network, _ = build_network(config, spec["class_names"], resumed=True)  # whatever its weights
        finetune.bind(network, config.trainer.max_epochs)
