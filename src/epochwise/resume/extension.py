"""A run that goes on beyond its end, and the schedule that it gets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Timer
from omegaconf import DictConfig, OmegaConf
from torch.optim.lr_scheduler import ReduceLROnPlateau

from epochwise.commands.build import build
from epochwise.input_error import InputError
from epochwise.report.terminal import shown
from epochwise.rules.epochs import budget_time
from epochwise.rules.schedule import horizon_key
from epochwise.run.checkpoints import BeforeCooldown
from epochwise.scheduler.made_alone import goes_by_step, made_alone
from epochwise.task.optimized import averaged_weights
from epochwise.trust.run_config import run_words


def schedule_rates(
    optimizer: Callable[..., Any], scheduler: Callable[..., Any], max_epochs: int, points_per_epoch: int
) -> tuple[list[float], int]:
    """Run a schedule through over a parameter of its own.

    Args:
        optimizer: makes the optimizer.
        scheduler: makes the schedule.
        max_epochs: how far.
        points_per_epoch: steps of an epoch; a schedule by steps has the same shape over fewer of them.

    Returns:
        The rates of the first group, as far as the schedule goes, and how many of them make an epoch: 1 where it is
        stepped every epoch. No rates where they follow from scores.
    """
    points = points_per_epoch if goes_by_step(scheduler) else 1
    made, schedule = made_alone(optimizer, scheduler, points)
    averaged_weights([made], score=False)
    rates: list[float] = []
    if isinstance(schedule, ReduceLROnPlateau):
        return rates, points
    try:
        for _ in range(points * max_epochs):
            rates.append(made.param_groups[0]["lr"])
            made.step()
            schedule.step()
    except ValueError:  # PyTorch's OneCycleLR tells so that it is over
        pass
    return rates, points


def still_to_train(run: Any, checkpoint: dict[str, Any], epochs: int, changed: list[str]) -> list[str]:
    """Say for each changed setting that it would change nothing, where the run has ended and is to stay so.

    Args:
        run: assembled with the settings it is to go on with.
        checkpoint: what it goes on from.
        epochs: that are over there.
        changed: keys.

    Returns:
        A line for each; none where a step will be taken.
    """
    why = _ended(run, checkpoint, epochs)
    return [f"{key}: changes nothing: {why}" for key in changed] if why else []


def _ended(run: Any, checkpoint: dict[str, Any], epochs: int) -> str | None:
    trainer, steps = run.trainer, checkpoint["global_step"]
    if 0 <= trainer.max_epochs < epochs:
        return f"the run has trained {epochs} epochs; allowed: trainer.max_epochs of more"
    if trainer.max_epochs == epochs:
        return f"the run has trained all of its {epochs} epochs; set trainer.max_epochs=... too"
    if 0 <= trainer.max_steps <= steps:
        return f"the run has taken {steps:,} steps; set trainer.max_steps=... too"
    if (max_time := run.config.trainer.get("max_time")) and (kept := checkpoint["callbacks"].get("Timer")):
        clock = Timer(max_time)
        clock.load_state_dict(kept)
        if (clock.time_remaining() or 0) <= 0:
            return f"the time of the run ({max_time}) is over; set trainer.max_time=DD:HH:MM:SS too"
    stopping = build(run.config, "stopping")
    state = checkpoint["callbacks"].get(stopping.state_key)
    if state and hasattr(stopping, "why_ended"):
        stopping.load_state_dict(state)
        if reason := stopping.why_ended(trainer.max_epochs, trainer.min_epochs or 0):
            # What was reached stays so, however many epochs there are.
            reached = hasattr(stopping, "target") and stopping.target.reached(0)
            further = "stopping.target_score" if reached else "trainer.max_epochs"
            return f"the run has ended ({reason}); set {further}=... too, or stopping=none"
    return None


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
