"""Settings of epochs that contradict each other, and how long in time."""

import re
from math import ceil, lcm
from typing import Any

from epochwise.epochs.plan import cooldown_start
from epochwise.rules.monitor import number
from epochwise.rules.schedule import (
    EpochFindings,
    check_plateau_settings,
    check_schedule_settings,
    check_unfreeze_settings,
    horizon_key,
)

UNITS = {"s": 1, "min": 60, "h": 3600}  # seconds


def budget_time(budget: Any) -> str | None:
    """Read ``"90s"``, ``"90min"`` or ``"1.5h"`` as Lightning's ``DD:HH:MM:SS``, rounded up to seconds.

    ``None`` for a count of anything else, and for what is no budget.
    """
    seconds = seconds_of(budget)
    if seconds is None:
        return None
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    return f"{days:02}:{hours % 24:02}:{minutes % 60:02}:{seconds % 60:02}"


def seconds_of(budget: Any) -> int | None:
    """The same in seconds, rounded up."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*(s|min|h)\s*", budget) if isinstance(budget, str) else None
    return ceil(float(found[1]) * UNITS[found[2]]) if found else None


#: Those of ``epochs.levelling``, which takes numpy to import.
LEAST_EPOCHS = 6


def check_epoch_settings(tree: dict[str, Any]) -> EpochFindings:
    """Compare budget, patience, warm-up, horizon and the cadence of validations and checkpoints.

    Parts are known by the names of their settings, so one's own stopping or schedule is held to the same rules.

    Args:
        tree: a resolved config; only values of the right kind are compared, the others are faults of their own.
    """
    found = EpochFindings({}, [])
    parts = ("trainer", "optimizer", "stopping", "scheduler", "callbacks", "finetune")
    nodes = (tree[name] if isinstance(tree.get(name), dict) else {} for name in parts)
    trainer, optimizer, stopping, scheduler, callbacks, finetune = nodes
    budget = number(trainer, "max_epochs")
    if budget is None or budget < 1 or trainer.get("fast_dev_run"):
        return found
    every = number(trainer, "check_val_every_n_epoch") or 1
    adaptive = str(stopping.get("_target_")).endswith(".Adaptive") and scheduler
    if adaptive:
        _adaptive(found, scheduler, budget, every)
    check_plateau_settings(found, scheduler, stopping, None if _validates_within_epochs(trainer, callbacks) else every)
    if stopping.get("patience_unit") == "validations":  # whose number the data says
        stopping = {key: value for key, value in stopping.items() if key != "patience"}
    horizon = number(scheduler, horizon_key(scheduler) or "")
    # What a schedule was drawn over is asked for when the run has been read (extend). true: of many runs, which begin.
    if tree.get("resume") == "auto":
        scheduler = {}
    if horizon_key(scheduler) and not adaptive:
        _time(found, trainer.get("max_time"), scheduler, budget)
    stoppers = {"stopping": stopping} | {f"callbacks.{name}": callback for name, callback in callbacks.items()}
    last_phase = check_unfreeze_settings(found, finetune, stoppers, budget, horizon)
    _stopping(found, stopping, budget, every, last_phase)
    check_schedule_settings(found, optimizer, scheduler, stopping, budget)
    for name, callback in callbacks.items():
        if isinstance(callback, dict) and callback.get("scheduling") and horizon_key(scheduler):
            found.faults[f"callbacks.{name}"] = (
                f"callbacks.{name}: changes the optimizer steps of an epoch, and the schedule is drawn over as many in "
                "each; set trainer.accumulate_grad_batches, or scheduler=none"
            )
        if isinstance(callback, dict) and number(callback, "every_n_epochs") and callback.get("monitor"):
            _checkpoint(found, f"callbacks.{name}", callback, every, budget)
    return found


def _validates_within_epochs(trainer: dict[str, Any], callbacks: dict[str, Any]) -> bool:
    """Whether optimizer steps or batches say when to validate."""
    targets = [str(one.get("_target_")) for one in callbacks.values() if isinstance(one, dict)]
    return any(target.endswith(".StepValidation") for target in targets) or trainer.get("val_check_interval") not in (
        None,
        1.0,
    )


def _stopping(found: EpochFindings, stopping: dict[str, Any], budget: float, every: float, last_phase: float) -> None:
    patience, start = number(stopping, "patience"), number(stopping, "start_epoch") or 0
    target, monitor = number(stopping, "target_score"), stopping.get("monitor")
    if target is not None and monitor is not None:
        side = "more" if stopping.get("mode") == "max" else "less"
        found.notes.append(f"stopping.target_score={target:g}: the run ends once {monitor} is {target:g} or {side}")
    if patience is None:
        return
    if start >= budget:
        line = f"stopping.start_epoch: got {start}, allowed: below trainer.max_epochs={budget}"
        found.faults["stopping.start_epoch"] = line
    elif max(start, last_phase) + patience + 1 >= budget:
        since = f" from stopping.start_epoch={start} on" if start else ""
        if last_phase > start:
            since = f", counted from epoch {last_phase} on, where the last layers are unfrozen,"
        ends = "all are trained" if target is None else "the target alone does"
        found.notes.append(
            f"stopping.patience={patience}{since} cannot end a run before trainer.max_epochs={budget}: {ends}"
        )
    if every > patience:
        found.notes.append(
            f"stopping.patience={patience} with trainer.check_val_every_n_epoch={every}: the first validation that "
            "does not improve ends the run"
        )


def _adaptive(found: EpochFindings, scheduler: dict[str, Any], budget: float, every: float) -> None:
    if (fraction := number(scheduler, "cooldown_fraction")) is None:
        name = str(scheduler.get("_target_")).rpartition(".")[2]
        found.faults["scheduler"] = (
            f"scheduler: got {name}, allowed with stopping=adaptive: wsd, which can cool down at any time"
        )
    elif fraction > 0 and (begins := cooldown_start(int(budget), fraction)) <= LEAST_EPOCHS * every:
        found.notes.append(
            f"stopping=adaptive looks at {LEAST_EPOCHS} validated epochs, and the rate cools down from epoch "
            f"{begins} on to end with trainer.max_epochs={budget}: all are trained"
        )


def _time(found: EpochFindings, max_time: Any, scheduler: dict[str, Any], budget: float) -> None:
    """A schedule that is drawn over a count of epochs beside a bound that is a time."""
    if max_time is not None:
        name = str(scheduler.get("_target_")).rpartition(".")[2]
        found.notes.append(
            f"trainer.max_time={max_time}: the schedule ({name}) goes with the time, of which its {budget} epochs are "
            "equal shares"
        )


def _checkpoint(found: EpochFindings, path: str, callback: dict[str, Any], every: float, budget: float) -> None:
    kept = number(callback, "every_n_epochs") or 1
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
