"""Settings that are fine one by one and not together."""

from typing import Any

from epochwise.config.number import number
from epochwise.config.resolve import join


def contradictions(tree: dict[str, Any]) -> dict[str, str]:
    """Compare settings with each other, and every ``monitor`` with when it would be measured.

    Args:
        tree: a resolved config; only values of the right kind are compared, the others are faults of their own.

    Returns:
        Dotted key -> line, for each fault.
    """
    trainer = tree.get("trainer")
    if not isinstance(trainer, dict):
        return {}
    faults = {}
    least, most = number(trainer, "min_epochs"), number(trainer, "max_epochs")
    if least is not None and most is not None and least > most:
        said = f"got {least}, allowed: at most trainer.max_epochs={most}"
        faults["trainer.min_epochs"] = f"trainer.min_epochs: {said}"
    if trainer.get("accelerator") == "cpu" and isinstance(trainer.get("devices"), list):
        said = f"got {trainer['devices']!r}, allowed with trainer.accelerator=cpu: the number of processes"
        faults["trainer.devices"] = f"trainer.devices: {said}"
    if tree.get("extend") is not None and tree.get("resume") is None:
        faults["extend"] = f"extend: got {tree['extend']!r}, allowed where a run goes on: run=FOLDER"
    finetune, data = tree.get("finetune"), tree.get("data")
    if isinstance(finetune, dict) and finetune.get("cache_features") is True and isinstance(data, dict):
        key, said = "finetune.cache_features", "got True, but data.augment draws each picture anew in every epoch"
        if data.get("augment") is not None:
            faults[key] = f"{key}: {said}; drop one of both"
    unmeasured = _no_validation(trainer)
    return faults | (_monitors(tree, "", unmeasured) if unmeasured else {})


def _no_validation(trainer: dict[str, Any]) -> str | None:
    """Why there is never a validation; ``None`` where there is one."""
    if trainer.get("fast_dev_run"):
        return None  # one batch of everything, whatever else is set
    if (limit := number(trainer, "limit_val_batches")) == 0:
        return f"with trainer.limit_val_batches={limit}"
    every, most = number(trainer, "check_val_every_n_epoch"), number(trainer, "max_epochs")
    if every is not None and most is not None and every > most >= 1:
        return f"with trainer.check_val_every_n_epoch={every} and trainer.max_epochs={most}"
    return None


def _monitors(node: Any, path: str, why: str) -> dict[str, str]:
    if not isinstance(node, dict):
        return {}
    faults = {}
    monitor, key = node.get("monitor"), join(path, "monitor")
    if isinstance(monitor, str) and monitor.startswith("val/"):
        other = monitor.replace("val/", "train/", 1)
        faults[key] = f"{key}: got {monitor!r}, which is never measured {why}; validate, or set {key}={other}"
    for name, value in node.items():
        faults |= _monitors(value, join(path, name), why)
    return faults
