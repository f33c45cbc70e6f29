"""Settings of what is monitored, and when it is validated, that contradict each other."""

import ast
from typing import Any

from omegaconf import DictConfig

from epochwise.config.resolve import join
from epochwise.input_error import InputError
from epochwise.source.definition import Found, find


def number(node: dict[str, Any], key: str) -> int | float | None:
    """The value of a key; ``None`` where it is missing or of another kind, which is a fault of its own."""
    value = node.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def check_monitor(tree: dict[str, Any]) -> dict[str, str]:
    """Check the root's ``monitor`` and ``mode``, and those of any node that has its own.

    Args:
        tree: a resolved config. Nothing is checked where its task does not say what it logs.

    Returns:
        Dotted key -> line, for each fault.
    """
    task = tree.get("task")
    target = task.get("_target_") if isinstance(task, dict) else None
    directions = metrics_of(target) if isinstance(target, str) else {}
    if directions and isinstance(task, dict) and isinstance(scores := task.get("scores"), dict):
        directions = directions | {str(name): _better(node) for name, node in scores.items()}
    stages = ["val", "train", *(f"val_{name}" for name in _val_sets(tree))]
    return _below(tree, "", directions, stages) if directions else {}


def _val_sets(tree: dict[str, Any]) -> list[str]:
    """The names of the further validation sets of ``callbacks.val_sets.ValSets``."""
    callbacks = tree.get("callbacks")
    nodes = [node for node in (callbacks.values() if isinstance(callbacks, dict) else ()) if isinstance(node, dict)]
    sets = [node.get("sets") for node in nodes if str(node.get("_target_")).endswith(".ValSets")]
    return [str(name) for each in sets if isinstance(each, dict) for name in each]


def metrics_of(target: str) -> dict[str, str]:
    """Read the class attribute ``metrics``: name -> ``min`` or ``max``, the better direction; also an inherited one."""
    try:
        found = find(target)
    except LookupError:
        return {}
    return _metrics(found) if found and isinstance(found.node, ast.ClassDef) else {}


def _better(node: Any) -> str:
    """The better direction of a score as its class says it (torchmetrics' ``higher_is_better``), or ``"either"``."""
    try:
        found = find(node["_target_"])
    except (LookupError, KeyError, TypeError):
        return "either"
    seen = [found] if found else []
    for one in seen:
        for item in one.node.body if isinstance(one.node, ast.ClassDef) else ():
            target = item.target if isinstance(item, ast.AnnAssign) else None
            named = item.targets[0] if isinstance(item, ast.Assign) else target
            if isinstance(named, ast.Name) and named.id == "higher_is_better":
                value = getattr(item.value, "value", None)  # type: ignore[attr-defined]  # both have one
                return {True: "max", False: "min"}.get(value, "either")  # type: ignore[arg-type]
        if isinstance(one.node, ast.ClassDef):
            seen.extend(one.bases() or [])
    return "either"


def _metrics(found: Found) -> dict[str, str]:
    assert isinstance(found.node, ast.ClassDef)
    for item in found.node.body:
        targets: list[ast.expr] = item.targets if isinstance(item, ast.Assign) else []
        targets = [item.target] if isinstance(item, ast.AnnAssign) else targets
        if any(isinstance(target, ast.Name) and target.id == "metrics" for target in targets):
            try:
                return dict(ast.literal_eval(getattr(item, "value")))  # noqa: B009 (both kinds of statement have it)
            except (TypeError, ValueError):
                return {}  # made at run time
    return next(filter(None, map(_metrics, found.bases() or [])), {})


def _below(node: Any, path: str, directions: dict[str, str], stages: list[str]) -> dict[str, str]:
    faults: dict[str, str] = {}
    if isinstance(node, dict):
        faults |= _one(node, path, directions, stages)
        for key, value in node.items():
            faults |= _below(value, join(path, key), directions, stages)
    return faults


def _one(node: dict[Any, Any], path: str, directions: dict[str, str], stages: list[str]) -> dict[str, str]:
    several, found = node.get("monitors"), dict[str, str]()
    modes = several if isinstance(several, dict) else dict.fromkeys(several if isinstance(several, list) else ())
    for monitor, mode in modes.items():
        for key, line in _pair({"monitor": monitor, "mode": mode}, "", directions, stages).items():
            under = join(path, "monitors")
            found[under] = f"{under}: {line.removeprefix(f'{key}: ')}"
    return found | _pair(node, path, directions, stages)


def _pair(node: dict[Any, Any], path: str, directions: dict[str, str], stages: list[str]) -> dict[str, str]:
    monitor, mode = node.get("monitor"), node.get("mode")
    if not isinstance(monitor, str):
        return {}
    names = [f"{stage}/{name}" for stage in stages for name in directions]
    if monitor not in names:
        key = join(path, "monitor")
        close = InputError.closest(monitor, names)
        return {key: f"{key}: got {monitor!r}, which is never logged, allowed: {', '.join(names)}{close}"}
    better = directions[monitor.split("/", 1)[1]]
    if mode not in ("min", "max") or better in ("either", mode):
        return {}
    key = join(path, "mode")
    which = "larger" if better == "max" else "smaller"
    return {key: f"{key}: got {mode!r}, but {monitor} is better when {which}: {key}={better}"}


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
    if isinstance(monitor, str) and monitor.startswith(("val/", "val_")):
        other = f"train/{monitor.partition('/')[2]}"
        faults[key] = f"{key}: got {monitor!r}, which is never measured {why}; validate, or set {key}={other}"
    for name, value in node.items():
        faults |= _monitors(value, join(path, name), why)
    return faults


def no_curves(config: DictConfig, program: str) -> list[str]:
    """A line for each setting with which a job would train nothing whole.

    Args:
        config: of one of many jobs.
        program: that starts them.
    """
    found = {
        "find": f"{program} trains whole runs; python train.py find={config.get('find')} tries",
        "trainer.fast_dev_run": f"{program} compares curves, and this leaves none; python train.py takes it",
        "extend": f"{program} begins its runs; allowed where one goes on: python train.py run=FOLDER",
        "dry_run": f"{program} goes by what came out; python train.py dry_run=true says what one would be",
    }
    given = {"find": config.get("find"), "extend": config.get("extend")}
    given["dry_run"] = config.get("dry_run") and program in ("search.py", "epochs.py")
    given["trainer.fast_dev_run"] = config.trainer.get("fast_dev_run")
    return [f"{key}: got {given[key]!r}, but {line}" for key, line in found.items() if given[key]]
