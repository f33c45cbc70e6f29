"""The run on all of the data, as a job."""

from collections.abc import Iterator, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.config.resolve import join


def refit_overrides(config: DictConfig, overrides: Sequence[str], epochs: int, horizon_epochs: int) -> list[str]:
    """What turns the setting of the folds into that of a run on train and val together, for a count of epochs.

    There is no validation: nothing stops the run, and its last weights count. A schedule that is drawn over
    ``trainer.max_epochs`` is still drawn over as many steps as in the folds, since their curves hold for that one.

    Args:
        config: composed, not resolved.
        overrides: of the command line.
        epochs: to train.
        horizon_epochs: what a schedule is drawn over.
    """
    plain: Any = OmegaConf.to_container(config, resolve=False)
    own = {
        "data.fold": "null",
        "monitor": "train/loss",
        "mode": "min",
        "stopping": "none",
        "trainer.max_epochs": str(epochs),
        "trainer.limit_val_batches": "0",
        "trainer.limit_test_batches": "null",
    }
    own |= {
        key: str(horizon_epochs)
        for key, value in _leaves(plain.get("scheduler") or {}, "scheduler")
        if value == "${trainer.max_epochs}"
    }
    kept = [text for text in overrides if text.lstrip("+~").partition("=")[0] not in own]
    watching = [name for name, node in (plain.get("callbacks") or {}).items() if node.get("monitor") is not None]
    dropped = [f"~callbacks.{name}" for name in watching]
    return [*(text for text in kept if text.partition("=")[0] not in dropped), *map("=".join, own.items()), *dropped]


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, join(path, key))
    else:
        yield path, node
