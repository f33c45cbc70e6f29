"""Settings that count epochs, held against each other."""

from math import lcm
from typing import Any, NamedTuple

#: Those of ``epochs.levelling``, which takes numpy to import.
LEAST_EPOCHS = 16


class EpochSettings(NamedTuple):
    """What was found.

    Args:
        faults: dotted key -> line, for each contradiction: what is asked for cannot happen.
        notes: a line for each setting that is doubtful: what will happen.
    """

    faults: dict[str, str]
    notes: list[str]


def check_epoch_settings(tree: dict[str, Any]) -> EpochSettings:
    """Compare budget, patience, warm-up, horizon and the cadence of validations and checkpoints.

    Parts are known by the names of their settings, so one's own stopping or schedule is held to the same rules.

    Args:
        tree: a resolved config; only values of the right kind are compared, the others are faults of their own.
    """
    found = EpochSettings({}, [])
    parts = ("trainer", "optimizer", "stopping", "scheduler", "callbacks")
    nodes = (tree[name] if isinstance(tree.get(name), dict) else {} for name in parts)
    trainer, optimizer, stopping, scheduler, callbacks = nodes
    budget = _number(trainer, "max_epochs")
    if budget is None or budget < 1 or trainer.get("fast_dev_run"):
        return found
    if tree.get("resume"):  # what its schedule was drawn over is asked for when the run has been read (extend)
        scheduler = {}
    every = _number(trainer, "check_val_every_n_epoch") or 1
    if str(stopping.get("_target_")).endswith(".Adaptive") and scheduler:
        _adaptive(found, scheduler, budget, every)
    if str(optimizer.get("_target_")).startswith("schedulefree.") and _moves(scheduler):
        found.notes.append("the optimizer averages instead of lowering the rate; scheduler=none leaves the rate to it")
    _stopping(found, stopping, budget, every)
    _plateau(found, scheduler, stopping)
    _schedule(found, scheduler, stopping, budget)
    for name, callback in callbacks.items():
        if isinstance(callback, dict) and callback.get("scheduling") and _horizon_key(scheduler):
            found.faults[f"callbacks.{name}"] = (
                f"callbacks.{name}: changes the optimizer steps of an epoch, and the schedule is drawn over as many in "
                "each; set trainer.accumulate_grad_batches, or scheduler=none"
            )
        if isinstance(callback, dict) and _number(callback, "every_n_epochs") and callback.get("monitor"):
            _checkpoint(found, f"callbacks.{name}", callback, every, budget)
    return found


def _stopping(found: EpochSettings, stopping: dict[str, Any], budget: float, every: float) -> None:
    patience, start = _number(stopping, "patience"), _number(stopping, "start_epoch") or 0
    if patience is None:
        return
    if start >= budget:
        line = f"stopping.start_epoch: got {start}, allowed: below trainer.max_epochs={budget}"
        found.faults["stopping.start_epoch"] = line
    elif start + patience + 1 >= budget:
        since = f" from stopping.start_epoch={start} on" if start else ""
        found.notes.append(
            f"stopping.patience={patience}{since} cannot end a run before trainer.max_epochs={budget}: all are trained"
        )
    if every > patience:
        found.notes.append(
            f"stopping.patience={patience} with trainer.check_val_every_n_epoch={every}: the first validation that "
            "does not improve ends the run"
        )


def _adaptive(found: EpochSettings, scheduler: dict[str, Any], budget: float, every: float) -> None:
    if (fraction := _number(scheduler, "cooldown_fraction")) is None:
        name = str(scheduler.get("_target_")).rpartition(".")[2]
        found.faults["scheduler"] = (
            f"scheduler: got {name}, allowed with stopping=adaptive: wsd, which can cool down at any time"
        )
    elif fraction > 0 and int(budget / (1 + fraction)) <= LEAST_EPOCHS * every:
        found.notes.append(
            f"stopping=adaptive looks at {LEAST_EPOCHS} validated epochs, and the rate cools down from epoch "
            f"{int(budget / (1 + fraction))} on to end with trainer.max_epochs={budget}: all are trained"
        )


def _moves(scheduler: dict[str, Any]) -> bool:
    """Whether a schedule is known to change the rate."""
    return bool(scheduler) and not str(scheduler.get("_target_")).endswith(".ConstantLR")


def _plateau(found: EpochSettings, scheduler: dict[str, Any], stopping: dict[str, Any]) -> None:
    waits, patience = _number(scheduler, "patience"), _number(stopping, "patience")
    if waits is not None and patience is not None and waits + 1 >= patience:
        found.faults["scheduler.patience"] = (
            f"scheduler.patience: got {waits}, allowed: below {patience - 1}: the rate falls after {waits + 1} "
            f"validations without improvement, and stopping.patience={patience} ends the run before that helps"
        )


def _schedule(found: EpochSettings, scheduler: dict[str, Any], stopping: dict[str, Any], budget: float) -> None:
    key = _horizon_key(scheduler) or "max_epochs"
    horizon, warmup = _number(scheduler, key), _number(scheduler, "warmup_epochs")
    rise = _number(scheduler, "pct_start")
    if horizon is not None and horizon < budget:
        if "pct_start" in scheduler or not _number(scheduler, "final_lr_scale"):
            found.faults[f"scheduler.{key}"] = (
                f"scheduler.{key}: got {horizon}, allowed: at least trainer.max_epochs={budget}: nothing is learned at "
                "the rate where the schedule ends"
            )
        else:
            found.notes.append(f"scheduler.{key}={horizon}: from there to epoch {budget} the rate stays where it is")
    elif horizon is not None and horizon > budget:
        found.notes.append(
            f"scheduler.{key}={horizon} is beyond trainer.max_epochs={budget}: the rate has not come down at the end"
        )
    rises = warmup if warmup is not None else rise * (horizon or budget) if rise is not None else 0
    if rises >= budget > 1:
        found.faults["scheduler.warmup_epochs"] = (
            f"scheduler.warmup_epochs: got {rises:g}, allowed: below trainer.max_epochs={budget}"
        )
        return
    patience, start = _number(stopping, "patience"), _number(stopping, "start_epoch") or 0
    if patience is not None and start + patience < rises:
        found.notes.append(
            f"the rate rises until epoch {rises:g}, and stopping.patience={patience} may end the run before; "
            f"stopping.start_epoch={round(rises)} waits for it"
        )


def _horizon_key(scheduler: dict[str, Any]) -> str | None:
    return next((key for key in ("max_epochs", "epochs") if key in scheduler), None)


def _checkpoint(found: EpochSettings, path: str, callback: dict[str, Any], every: float, budget: float) -> None:
    kept = _number(callback, "every_n_epochs") or 1
    together = lcm(int(kept), int(every))
    if together > budget:
        found.faults[f"{path}.every_n_epochs"] = (
            f"{path}.every_n_epochs: got {kept}; with trainer.check_val_every_n_epoch={every} no epoch up to "
            f"trainer.max_epochs={budget} is both validated and kept"
        )
    elif together > every:
        found.notes.append(
            f"{path}.every_n_epochs={kept} looks at every {together}. epoch only; the others may hold a better score"
        )


def _number(node: dict[str, Any], key: str) -> int | float | None:
    value = node.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
