"""Every ``monitor`` against what the task logs, every ``mode`` against the direction of the metric."""

import ast
from typing import Any

from epochwise.config.definition import Found, find
from epochwise.config.resolve import join
from epochwise.input_error import InputError

STAGES = ("train", "val")


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
    return _below(tree, "", directions) if directions else {}


def metrics_of(target: str) -> dict[str, str]:
    """Read the class attribute ``metrics``: name -> ``min`` or ``max``, the better direction; also an inherited one."""
    try:
        found = find(target)
    except LookupError:
        return {}
    return _metrics(found) if found and isinstance(found.node, ast.ClassDef) else {}


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


def _below(node: Any, path: str, directions: dict[str, str]) -> dict[str, str]:
    faults: dict[str, str] = {}
    if isinstance(node, dict):
        faults |= _one(node, path, directions)
        for key, value in node.items():
            faults |= _below(value, join(path, key), directions)
    return faults


def _one(node: dict[Any, Any], path: str, directions: dict[str, str]) -> dict[str, str]:
    monitor, mode = node.get("monitor"), node.get("mode")
    if not isinstance(monitor, str):
        return {}
    names = [f"{stage}/{name}" for stage in STAGES[::-1] for name in directions]
    if monitor not in names:
        key = join(path, "monitor")
        close = InputError.closest(monitor, names)
        return {key: f"{key}: got {monitor!r}, which is never logged, allowed: {', '.join(names)}{close}"}
    better = directions[monitor.split("/", 1)[1]]
    if mode not in ("min", "max") or mode == better:
        return {}
    key = join(path, "mode")
    which = "larger" if better == "max" else "smaller"
    return {key: f"{key}: got {mode!r}, but {monitor} is better when {which}: {key}={better}"}
