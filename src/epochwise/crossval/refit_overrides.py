"""The run on all of the data, as a job."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from omegaconf import DictConfig

from epochwise.config.resolve import Resolved, join, resolve
from epochwise.crossval.carried_settings import carried_settings

HORIZON = "${trainer.max_epochs}"


def refit_overrides(
    config: DictConfig,
    overrides: Sequence[str],
    compose: Callable[[Sequence[str]], DictConfig],
    everything: dict[str, Any],
    smallest: bool = False,
) -> list[str]:
    """What turns the setting of the folds into that of a run on train and val together, for a count of epochs.

    There is no validation: nothing stops the run but its count, and its last weights count. ``trainer.max_epochs``
    stays what schedules and phases are drawn over, since the curves of the folds hold for those alone; a smaller count
    is a bound on the steps. All that counts epochs is carried over by steps, as the count is.

    Args:
        config: of a fold, composed, not resolved.
        overrides: of the command line.
        compose: makes a config of overrides.
        everything: counts for all of the data: ``epochs``, ``max_epochs``, ``steps_per_epoch`` and ``ratio`` (see
            ``crossval.outcome``).
        smallest: take the least count within one standard error.
    """
    resolved = resolve(config)
    tree = resolved.tree
    epochs, max_epochs = everything["epochs"]["low" if smallest else "value"], everything["max_epochs"]
    steps = epochs * everything["steps_per_epoch"] if epochs < max_epochs else None
    given = tree["trainer"].get("max_steps")
    if given is not None and given >= 0:
        steps = min(steps, given) if steps is not None else given
    own: dict[str, Any] = {
        "data.fold": None,
        "monitor": "train/loss",
        "mode": "min",
        "budget": None,
        "stopping": "none",
        "trainer.max_epochs": max_epochs,
        "trainer.min_epochs": None,
        "trainer.limit_val_batches": 0,
        "trainer.check_val_every_n_epoch": 1,
        "trainer.val_check_interval": None,
        "trainer.limit_test_batches": None,
    }
    own |= _never_measured(resolved)
    own |= {
        path: value
        for path, value in carried_settings(tree, everything["ratio"], max_epochs).items()
        if resolved.written.get(path) != HORIZON
    }
    watching = [name for name, node in (tree.get("callbacks") or {}).items() if node.get("monitor") is not None]
    dropped = [f"~callbacks.{name}" for name in watching]
    kept = [text for text in overrides if not _replaced(text, own) and text.partition("=")[0] not in dropped]
    found = [*kept, *(f"{key}={_typed(value)}" for key, value in own.items()), *dropped]
    found += [] if steps is None else [f"++trainer.max_steps={steps}"]
    # What an experiment sets of the stopping that it had chosen.
    return [*found, *(f"~stopping.{key}" for key in compose(found).stopping if key != "_target_")]


def _replaced(text: str, own: dict[str, Any]) -> bool:
    """Whether an override sets what the refit has of its own; a phase of a list that is given whole is set after it."""
    key = text.lstrip("+~").partition("=")[0]
    return key in (*own, "trainer.max_steps") or key.startswith("stopping.")


def _never_measured(resolved: Resolved) -> dict[str, Any]:
    """What follows a score of validation by a name of its own, such as ``finetune.monitor``, and waits for nothing."""
    found: dict[str, Any] = {}
    for group in ("task", "finetune"):
        node = resolved.tree.get(group) or {}
        own_name = not resolved.written.get(join(group, "monitor"))
        if own_name and str(node.get("monitor")).startswith("val/"):
            found[join(group, "monitor")] = "train/loss"
            found |= {join(group, "mode"): "min"} if "mode" in node else {}
    return found


def _typed(value: Any) -> str:
    """A plain value as an override has it."""
    return "null" if value is None else json.dumps(value) if isinstance(value, list) else str(value)
