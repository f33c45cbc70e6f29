"""What the folds of a cross-validation hand on to the run that is trained on all of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from omegaconf import DictConfig

from epochwise.config.resolve import Resolved, join, resolve
from epochwise.rules.schedule import remade_phases

#: Settings in epochs that may be a fraction of one, by node; and those that are whole.
FRACTIONS = {"scheduler": {"warmup_epochs"}, "finetune": {"one_stage_every_n_epochs"}}
WHOLE = {
    "scheduler": {"max_epochs", "epochs", "restart_at_epoch", "T_max", "step_size", "total_iters", "milestones"},
    "callbacks": {"update_starting_at_epoch"},
}
#: How often something is written or looked at, which changes no weights.
IDLE = {"check_val_every_n_epoch", "every_n_epochs", "reload_dataloaders_every_n_epochs", "save_on_train_epoch_end"}
#: Schedules that are stepped every epoch, and count in those settings alone.
BY_EPOCH = {"Step", "ConstantLR", "LinearLR", "PolynomialLR", "StepLR", "MultiStepLR", "CosineAnnealingLR"}


def carried_settings(tree: dict[str, Any], ratio: float, max_epochs: int) -> dict[str, Any]:
    """What the settings of a run become on other data, so that each is as many optimizer steps there as here.

    Settings in steps stay as they are, and so do fractions of ``trainer.max_epochs``.

    Args:
        tree: a resolved config.
        ratio: steps of an epoch here over those there.
        max_epochs: ``trainer.max_epochs`` there; all phases begin below it.

    Returns:
        Dotted key -> value, of those that change.
    """
    found: dict[str, Any] = {}
    for group, path, name, value in _settings(tree):
        if name in FRACTIONS.get(group, ()) and isinstance(value, (int, float)):
            found[path] = _number(value * ratio)
        elif name in WHOLE.get(group, ()):
            many = isinstance(value, list)
            whole = [max(round(each * ratio), min(each, 1)) for each in (value if many else [value])]
            found[path] = whole if many else whole[0]
    phases: list[dict[str, Any]] = (tree.get("finetune") or {}).get("phases") or []
    for index, phase in enumerate(phases):
        at_epoch = phase.get("at_epoch")
        if at_epoch is not None:
            # The end may be rounded down; phases keep their order before it.
            latest = max_epochs - 1 + index / len(phases)
            found[f"finetune.phases.{index}.at_epoch"] = _number(min(at_epoch * ratio, latest))
    return {path: value for path, value in found.items() if value != _at(tree, path)}


def not_carried(tree: dict[str, Any], by_step: bool) -> list[str]:
    """What of a config can't be carried over to other data by steps: a line each, with what to do instead.

    Args:
        tree: a resolved config.
        by_step: whether the schedule is stepped every optimizer step.
    """
    lines: list[str] = []
    trainer, scheduler = tree["trainer"], tree["scheduler"]
    name = _class(scheduler)
    if name == "ReduceLROnPlateau":
        lines.append("refit: scheduler=plateau follows validation, and a run on all of the data has none")
    elif not by_step and name not in BY_EPOCH:
        lines.append(
            f"refit: scheduler {name} is stepped every epoch, and those of all of the data have other steps; allowed: "
            f"one by steps, such as scheduler=cosine, or {', '.join(sorted(BY_EPOCH))}"
        )
    if _class(tree["stopping"]) == "Adaptive":
        lines.append(
            "refit: stopping=adaptive cools each fold down by its own validation, and a run on all of the data has "
            "none; allowed: stopping=none scheduler=wsd, whose cool-down is drawn over trainer.max_epochs"
        )
    lines += [
        f"refit: {key} goes over the epochs that are left there, and how it is carried over is not known; leave it out"
        for key in remade_phases(tree.get("finetune"))
    ]
    for index, phase in enumerate((tree.get("finetune") or {}).get("phases") or ()):
        if "after" in phase:
            lines.append(
                f"refit: finetune.phases.{index}.after={phase['after']} follows each fold's own validation, and a run "
                f"on all of the data has none; give the phase an epoch: finetune.phases.{index}.at_epoch"
            )
    if trainer.get("max_time"):
        lines.append(
            f"refit: trainer.max_time={trainer['max_time']} ends a run by the clock, and a count of epochs is carried "
            "over by steps; allowed: trainer.max_epochs, or a budget in epochs, steps or samples"
        )
    if trainer.get("overfit_batches"):
        lines.append(
            f"refit: trainer.overfit_batches={trainer['overfit_batches']} scores the batches it trains on, which says "
            "nothing of all of the data; allowed: trainer.limit_train_batches"
        )
    for key, node in (tree.get("callbacks") or {}).items():
        if isinstance(node, dict) and node.get("monitor") is None:
            lines += _of_callback(f"callbacks.{key}", node)
    known = set().union(*FRACTIONS.values(), *WHOLE.values(), IDLE)
    lines += [
        f"refit: {path} counts epochs, and how it is carried over to all of the data is not known; drop it"
        for group, path, name, value in _settings(tree)
        if "epoch" in name and name not in known and value and isinstance(value, (int, float, list))
        if not isinstance(value, bool) and not path.startswith("finetune.phases.")
    ]
    return lines


def _of_callback(path: str, node: dict[str, Any]) -> Iterator[str]:
    if node.get("scheduling"):
        yield f"refit: {path} changes the optimizer steps of an epoch; allowed: trainer.accumulate_grad_batches"
    if _class(node) in ("ModelPruning", "Timer", "BatchSizeFinder", "LearningRateFinder"):
        yield f"refit: {path} ({_class(node)}) does not go by steps: on all of the data it would be another; drop it"


def _settings(tree: dict[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Group, dotted key, last name and value of all that stands in parts which train; those that watch are left out."""
    for group in ("data", "model", "task", "optimizer", "scheduler", "finetune", "callbacks"):
        for path, name, value in _leaves(tree.get(group) or {}, group):
            watches = group == "callbacks" and tree[group][path.split(".")[1]].get("monitor") is not None
            if value is not None and not watches:
                yield group, path, name, value


def _leaves(node: Any, path: str, name: str = "") -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, join(path, key), str(key))
    else:
        yield path, name, node


def _class(node: dict[str, Any]) -> str:
    return str(node.get("_target_")).rpartition(".")[2]


def _number(value: float) -> int | float:
    value = round(value, 6)
    return int(value) if value == int(value) else value


def _at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


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
