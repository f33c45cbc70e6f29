"""Check a composed config against the signatures of what it names, before anything is built."""

import re
from typing import Any

from omegaconf import DictConfig

from epochwise.config.node import PROVIDED, check_node, value_fault
from epochwise.config.resolve import MISSING, UNKNOWN, Resolved, join, resolve
from epochwise.config.schema import SCHEMAS, Schema
from epochwise.input_error import InputError, allowed_names
from epochwise.rules.device import device_faults
from epochwise.rules.epochs import budget_time, check_epoch_settings
from epochwise.rules.monitor import check_monitor, contradictions
from epochwise.rules.schedule import EpochFindings
from epochwise.source.signature import signature

SPEC = "epochwise.data.spec.Spec"
FIELD = re.compile(r"\$\{\s*spec\s*(?:\.|\[)\s*(\w+)")


def spec_faults(written: dict[str, str]) -> dict[str, str]:
    """Check the names that follow ``${spec.``.

    Args:
        written: dotted key -> the text with interpolations that stands there.

    Returns:
        Dotted key -> line, for each key that refers to a field the spec does not have.
    """
    spec = signature(SPEC)
    fields = list(spec.parameters) if spec else []
    faults = {}
    for key, text in written.items():
        for name in FIELD.findall(text):
            if fields and name not in fields:
                faults[key] = f"{key}: got {text!r}: no {name!r} in spec{allowed_names(name, fields)}"
    return faults


def check(config: DictConfig, front_door: str = "train", may_miss: bool = False) -> list[str]:
    """Check a composed config: names, types, ranges, what refers to what. Neither torch nor a ``_target_`` is imported.

    Args:
        config: of one run, with or without Hydra's own node.
        front_door: whose config it is, a key of ``SCHEMAS``.
        may_miss: accept ``???``, as for a config that is only printed.

    Returns:
        A line for each setting that is doubtful and no fault: what will happen.

    Raises:
        InputError: a line for each fault, in the order of the keys.
    """
    resolved = resolve(config)
    schema = SCHEMAS[front_door]
    faults = resolved.faults | spec_faults(resolved.written) | _root(resolved.tree, schema)
    budget = resolved.tree.get("budget")
    unknown = budget is not None and budget_time(budget) is None  # how many epochs it makes, the data will say
    epochs = EpochFindings({}, []) if unknown else check_epoch_settings(resolved.tree)
    faults |= contradictions(resolved.tree) | check_monitor(resolved.tree) | epochs.faults
    faults |= device_faults(resolved.tree)
    for key, value in resolved.tree.items():
        if key in schema.several and isinstance(value, dict):
            for name, node in value.items():
                faults |= _object(join(key, name), node, frozenset())
        elif key in schema.one | schema.optional:
            faults |= _of_one_file(str(key), value, _object(str(key), value, PROVIDED.get(str(key), frozenset())))
    faults = _where_written(faults, resolved)
    if front_door == "crossval" and (line := _no_folds(resolved.tree.get("data"))):
        faults = {key: one for key, one in faults.items() if key.partition(".")[0] not in ("data", "splitter")}
        faults["data"] = line
    if may_miss:
        faults = {key: line for key, line in faults.items() if "has no value yet" not in line}
    if faults:
        raise InputError(*faults.values())
    return epochs.notes


def _root(tree: dict[str, Any], schema: Schema) -> dict[str, str]:
    names = schema.keys()
    faults = {str(key): f"{key}: unknown key{allowed_names(str(key), names)}" for key in tree if key not in names}
    for key, wanted in schema.scalars.items():
        if wanted is not Any and (line := value_fault(key, tree.get(key), wanted)):
            faults[key] = line
    for key in sorted(schema.one - tree.keys()):
        faults[key] = f"{key}: nothing is chosen, choose a file with +{key}=..."
    for key in sorted(schema.several & tree.keys()):
        if not isinstance(tree[key], (dict, type(None))):
            faults[key] = f"{key}: got {tree[key]!r}, allowed: nodes by name, each with a '_target_'"
    return faults


def _object(path: str, node: Any, provided: frozenset[str]) -> dict[str, str]:
    """Check what has to be an object, and all objects inside it."""
    if node is UNKNOWN:
        return {}
    group, _, name = path.partition(".")
    if not isinstance(node, dict):
        drop = f"; drop it with ~{path}" if name else ""
        shown = "???" if node is MISSING else "null" if node is None else repr(node)
        return {path: f"{path}: got {shown}, allowed: a node with the '_target_' of a class{drop}"}
    if "_target_" not in node:
        file = f"add the file with +{group}={name}" if name else f"choose a file with {group}=..."
        return {path: f"{path}: settings without a class ('_target_'); {file}"}
    return _inside(path, node, provided)


def _of_one_file(key: str, node: Any, faults: dict[str, str]) -> dict[str, str]:
    """One line in place of many where a class was put into the file of another one, whose keys it mostly lacks."""
    unknown = [place for place, line in faults.items() if line.startswith(f"{place}: unknown key of ")]
    names = [place.partition(".")[2] for place in unknown if place.count(".") == key.count(".") + 1]
    if len(names) < 3 or 2 * len(names) < len(node):
        return faults
    target = str(node["_target_"])
    wanted = signature(target)
    name, known = target.rpartition(".")[2], list(wanted.parameters) if wanted else []
    ways = f"override /{key}: null in the defaults of what names {name}, or ~{key} '+{key}={{_target_: {target}, ...}}'"
    line = f"{key}: {name} does not take {', '.join(names)}, which another file of conf/{key} brings"
    kept = {place: line for place, line in faults.items() if place not in unknown}
    return {key: f"{line}; allowed: {', '.join(known) or 'nothing'}; without that file: {ways}"} | kept


def _no_folds(data: Any) -> str | None:
    """Why there are none, of data whose class is not told which part to hold out."""
    target = data.get("_target_") if isinstance(data, dict) else None
    try:
        wanted = signature(target) if isinstance(target, str) else None
    except LookupError:
        return None  # a fault of its own
    if wanted is None or wanted.takes_any or {"splitter", "fold"} <= wanted.parameters.keys():
        return None
    name = str(target).rpartition(".")[2]
    if name == "Stream":
        made_of = "data=image_folder data.root=FOLDER, or data=image_table, data=table data.path=FILE"
        return f"data: shards were cut when they were written, so there are no folds; allowed: their source: {made_of}"
    return f"data: {name} cuts its samples by itself, so there are no folds; allowed: data=own with its data set"


def _inside(path: str, node: Any, provided: frozenset[str] = frozenset()) -> dict[str, str]:
    faults: dict[str, str] = {}
    if isinstance(node, dict) and "_target_" in node:
        faults |= check_node(path, node, provided)
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        of_a_phase = path.startswith("finetune.phases.")
        faults |= _inside(join(path, key), value, PROVIDED.get(str(key), frozenset()) if of_a_phase else frozenset())
    return faults


def _where_written(faults: dict[str, str], resolved: Resolved) -> dict[str, str]:
    """Leave out what only repeats, by interpolation, a value that is at fault itself."""

    def repeats(key: str) -> bool:
        seen = [key]
        while reference := re.fullmatch(r"\$\{([\w.]+)\}", resolved.written.get(seen[-1], "")):
            if reference[1] not in faults:
                break
            if reference[1] in seen:
                return seen.index(reference[1]) > 0  # a circle: each of its own keys is at fault
            seen.append(reference[1])
        return len(seen) > 1

    return {key: line for key, line in faults.items() if not repeats(key)}
