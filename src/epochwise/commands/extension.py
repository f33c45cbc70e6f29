"""A run that is given another number of epochs than its schedule was drawn over."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.commands.build import build
from epochwise.commands.schedule_rates import schedule_rates
from epochwise.commands.shown import shown
from epochwise.config.budget_time import budget_time
from epochwise.config.horizon_key import horizon_key
from epochwise.config.trusted_config import run_words
from epochwise.input_error import InputError
from epochwise.run.before_cooldown import BeforeCooldown

MODES = {
    "stretch": "as if it had been planned so from the start",
    "hold": "the schedule as it is; after its end the rate stays",
    "restart": "the schedule as it is, then once more over the epochs added",
}
RESTARTED = "epochwise.scheduler.restarted.Restarted"
POINTS = 10  # of a schedule by steps that are looked at in an epoch


def extended(config: DictConfig, old: DictConfig) -> DictConfig:
    """Say what becomes of a schedule that ends with the budget when the budget changes.

    Args:
        config: of the run as it is to go on; ``extend`` chooses.
        old: as the run was begun, or last gone on with.

    Returns:
        The config with the schedule that was chosen, and ``extend`` null again; ``config`` itself where the budget is
        the same or the schedule does not end with it.

    Raises:
        InputError: nothing was chosen, with the learning rates that each choice would give; or what was chosen is not
            possible with this schedule; or more time alone was given to one that went with the time.
    """
    budget, horizon = config.trainer.max_epochs, _horizon(old.scheduler)
    cooled = BeforeCooldown(Path(config.get("run_folder", ""))).is_kept
    adaptive = str(old.stopping["_target_"]).endswith(".Adaptive")
    times = [budget_time(each.get("budget")) or each.trainer.get("max_time") for each in (old, config)]
    if horizon and times[0] not in (None, times[1]) and budget == old.trainer.max_epochs and (cooled or not adaptive):
        name = str(old.scheduler["_target_"]).rpartition(".")[2]
        raise InputError(
            f"trainer.max_time: got {times[1]}, but the schedule ({name}) went with {times[0]}; allowed: the same, or "
            f"more epochs than trainer.max_epochs={budget} too, with extend={' | '.join(MODES)}"
        )
    if config.get("extend") and budget == old.trainer.max_epochs:  # asked for again, as by a job that is queued again
        return _with_schedule(config, old.scheduler)
    if horizon is None or budget == old.trainer.max_epochs or horizon != old.trainer.max_epochs:
        return config
    nodes = {mode: node for mode in MODES if (node := _node(mode, old.scheduler, horizon, budget)) is not None}
    rates = {mode: told for mode, node in nodes.items() if (told := _rates(config, node, horizon, budget))}
    if config.get("extend") not in rates:
        name = str(old.scheduler["_target_"]).rpartition(".")[2]
        given = f"got {config.extend!r}, but " if config.get("extend") else ""
        head = f"extend: {given}the schedule ({name}) ends with epoch {horizon} of before, not {budget}; choose one:"
        words = dict(MODES)
        if cooled:
            words["stretch"] += ", from before its cool-down"
        command = f"python train.py {run_words(Path(shown(Path(config.run_folder))))} trainer.max_epochs={budget}"
        raise InputError(
            head, *(f"{command} extend={mode}   # lr {told}: {words[mode]}" for mode, told in rates.items())
        )
    return _with_schedule(config, nodes[config.extend])


def _with_schedule(config: DictConfig, scheduler: Any) -> DictConfig:
    changed = OmegaConf.merge(config, {"extend": None})
    OmegaConf.update(changed, "scheduler", scheduler, merge=False)
    assert isinstance(changed, DictConfig)
    return changed


def _horizon(node: Any) -> int | None:
    """The epoch with which a schedule ends; ``None`` where it has no end."""
    if node.get("_target_") == RESTARTED:
        then = _horizon(node["then"])
        return None if then is None else int(node["restart_at_epoch"]) + then
    key = horizon_key(node)
    return int(node[key]) if key else None


def _node(mode: str, old: Any, horizon: int, budget: int) -> dict[str, Any] | None:
    node: Any = OmegaConf.to_container(old) if isinstance(old, DictConfig) else dict(old)
    if mode == "hold":
        return dict(node)
    inner = node["then"] if node.get("_target_") == RESTARTED else node
    key = str(horizon_key(inner))
    if mode == "stretch":
        inner[key] += budget - horizon
        return dict(node) if inner[key] > 0 else None
    if budget <= horizon:
        return None
    then = {**inner, key: budget - horizon}
    return {"_target_": RESTARTED, "_partial_": True, "first": node, "then": then, "restart_at_epoch": horizon}


def _rates(config: DictConfig, node: dict[str, Any], horizon: int, budget: int) -> str | None:
    """The rates of some epochs that were added, in words; ``None`` where the schedule cannot go so far."""
    scheduler = build(OmegaConf.create({"scheduler": node}), "scheduler")
    try:
        rates, points = schedule_rates(build(config, "optimizer"), scheduler, budget, POINTS)
    except ValueError:  # Restarted takes schedules by steps alone
        return None
    if len(rates) < budget * points:
        return None
    first = min(horizon, budget - 1)
    shown = sorted({first, (first + budget) // 2, budget - 1})
    return ", ".join(f"{rates[epoch * points]:.3g} in epoch {epoch}" for epoch in shown)
