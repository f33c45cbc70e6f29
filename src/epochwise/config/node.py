"""One node with ``_target_``, checked against the signature of what it names."""

from typing import Annotated, Any, get_args, get_origin

from epochwise.config.allowed_names import allowed_names
from epochwise.config.annotation import annotation
from epochwise.config.fit import BOUNDS
from epochwise.config.provided import TAKEN
from epochwise.config.ranges import RANGES
from epochwise.config.resolve import UNKNOWN, join
from epochwise.config.signature import Parameter, Signature, signature
from epochwise.config.trainer_values import TRAINER, TRAINER_VALUES
from epochwise.config.value import value_fault
from epochwise.config.wording import wording

#: Hydra's own keys beside _target_ -> what they allow.
HYDRA_KEYS: dict[str, tuple[Any, ...]] = {
    "_partial_": (True, False),
    "_recursive_": (True, False),
    "_convert_": ("none", "partial", "object", "all"),
    "_args_": (),
}


def check_node(path: str, node: dict[Any, Any], provided: frozenset[str] = frozenset()) -> dict[str, str]:
    """Bind a node to its class.

    Args:
        path: the node's dotted key.
        node: its resolved values, ``_target_`` among them.
        provided: arguments that the program passes.

    Returns:
        Dotted key -> line, for each fault of this node; nodes inside it are not entered.
    """
    target = node["_target_"]
    key = join(path, "_target_")
    if target is UNKNOWN:
        return {}
    if not isinstance(target, str):
        return {key: f"{key}: got {target!r}, allowed: the dotted path of a class or function"}
    try:
        wanted = signature(target)
    except LookupError as error:
        return {key: f"{key}: got {target!r}: {error}"}
    faults = _hydra_keys(path, node)
    return faults if wanted is None else faults | _arguments(path, node, target.split(".")[-1], wanted, provided)


def _hydra_keys(path: str, node: dict[Any, Any]) -> dict[str, str]:
    return {
        join(path, key): f"{join(path, key)}: got {node[key]!r}, allowed: {', '.join(map(repr, options))}"
        for key, options in HYDRA_KEYS.items()
        if key in node and options and not any(node[key] is one or node[key] == one != 1 for one in options)
    }


def _arguments(
    path: str, node: dict[Any, Any], name: str, wanted: Signature, provided: frozenset[str]
) -> dict[str, str]:
    faults: dict[str, str] = {}
    given = {key: value for key, value in node.items() if key != "_target_" and key not in HYDRA_KEYS}
    without_names = node.get("_args_", [])
    by_position = list(wanted.parameters)[: len(without_names) if isinstance(without_names, list) else 0]
    faults |= _without_names(join(path, "_args_"), without_names, name, wanted, given)
    for key, value in given.items():
        parameter = wanted.parameters.get(key)
        place = join(path, key)
        if place in TAKEN:
            if line := value_fault(place, value, TAKEN[place]):
                faults[place] = line
        elif parameter is None:
            if not wanted.takes_any:
                faults[place] = f"{place}: unknown key of {name}{allowed_names(str(key), list(wanted.parameters))}"
        elif line := _argument_fault(place, key, value, parameter):
            faults[place] = line
    if node.get("_partial_") is not True:
        for key, parameter in wanted.parameters.items():
            if parameter.default is None and key not in given and key not in provided and key not in by_position:
                place, words = join(path, key), wording(_type(key, parameter))
                faults[place] = f"{place}: {name} needs it, give it with +{place}=...; allowed: {words}"
    return faults


def _without_names(place: str, values: Any, name: str, wanted: Signature, given: dict[Any, Any]) -> dict[str, str]:
    """What is wrong with ``_args_``, the arguments without names."""
    if values is UNKNOWN:
        return {}
    if not isinstance(values, list):
        return {place: f"{place}: got {values!r}, allowed: a list"}
    if len(values) > wanted.positional and not wanted.takes_more:
        return {place: f"{place}: got {len(values)} values, {name} takes {wanted.positional} without a name"}
    faults = {}
    for index, (key, value) in enumerate(zip(list(wanted.parameters)[: wanted.positional], values, strict=False)):
        one = join(place, index)
        if key in given:
            faults[one] = f"{one}: {name} has its {key} already, by name"
        elif line := _argument_fault(one, key, value, wanted.parameters[key]):
            faults[one] = line
    return faults


def _type(name: str, parameter: Parameter) -> Any:
    if parameter.module.name == TRAINER and name in TRAINER_VALUES:
        return TRAINER_VALUES[name]
    read = annotation(parameter.annotation, parameter.module) if parameter.annotation is not None else Any
    # `size: int = None` means what it says.
    has_none = parameter.default is not None and getattr(parameter.default, "value", 0) is None
    return read | None if has_none and read is not Any else read


def _argument_fault(path: str, name: str, value: Any, parameter: Parameter) -> str | None:
    wanted = _type(name, parameter)
    if line := value_fault(path, value, wanted):
        return line
    countable = isinstance(value, (int, float, list)) and not isinstance(value, bool)
    if name in RANGES and countable and not _has_bounds(wanted):
        return value_fault(path, value, RANGES[name])
    return None


def _has_bounds(wanted: Any) -> bool:
    inside = get_args(wanted)
    if get_origin(wanted) is Annotated:
        return any(isinstance(note, BOUNDS) for note in inside[1:]) or _has_bounds(inside[0])
    return any(_has_bounds(one) for one in inside if get_origin(one))
