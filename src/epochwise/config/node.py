"""Check one node of a config, and the values in it, against the signature of what it names."""

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Interval, MinLen

from epochwise.config.resolve import MISSING, UNKNOWN, join
from epochwise.config.schema import COUNT, RANGES
from epochwise.input_error import MANY, InputError, allowed_names
from epochwise.source.annotation import Instance, Later, Written, annotation, look_up
from epochwise.source.fit import BOUNDS, fits, wording
from epochwise.source.signature import Parameter, Signature, signature

#: Group -> names that its node may leave out although the class requires them.
PROVIDED: dict[str, frozenset[str]] = {
    "task": frozenset({"network", "optimizer", "scheduler"}),
    "optimizer": frozenset({"params"}),
    "scheduler": frozenset({"optimizer", "steps_per_epoch"}),
    "trainer": frozenset({"callbacks", "logger", "plugins", "default_root_dir"}),
}

#: Key -> type, of settings that the program takes out of a node before it builds it: allowed whatever the class.
TAKEN: dict[str, Any] = {
    "model.pretrained": bool | str | None,
}


#: The module that declares the arguments; another class may mean something else by these names.
TRAINER = "lightning.pytorch.trainer.trainer"

DDP = [f"ddp{how}" for how in ("", "_spawn", "_fork", "_notebook")]
UNUSED = [f"{name}_find_unused_parameters_{find}" for name in DDP for find in ("true", "false")]
STAGES = [f"deepspeed_stage_{stage}" for stage in ("1", "2", "2_offload", "3", "3_offload", "3_offload_nvme")]
OTHERS = ["fsdp", "fsdp_cpu_offload", "single_device", "single_tpu", "single_xla", "xla", "xla_debug"]

CLOCK = Annotated[str, Written(r"\d+:\d\d:\d\d:\d\d", "text DD:HH:MM:SS")]

#: Argument -> type, in place of its annotation.
TRAINER_VALUES: dict[str, Any] = {
    "accelerator": Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu", "hpu"],
    "strategy": Literal[("auto", *DDP, *OTHERS, "deepspeed", *UNUSED, *STAGES)] | Annotated[Any, Instance("Strategy")],
    "devices": Literal["auto"] | COUNT | Annotated[list[Annotated[int, Ge(0)]], MinLen(1)],
    # Schedules end with it.
    "max_epochs": COUNT,
    "max_time": CLOCK | None,
    "val_check_interval": COUNT | Annotated[float, Interval(gt=0, le=1)] | CLOCK | None,
    "profiler": Literal["simple", "advanced", "pytorch", "xla"] | None,
    "gradient_clip_algorithm": Literal["norm", "value"] | None,
}


def value_fault(path: str, value: Any, wanted: Any) -> str | None:
    """The line for a value that a type does not allow; ``None`` for one that it allows or that is not known yet."""
    if value is MISSING:
        return f"{path}: has no value yet, give it one with {path}=...; allowed: {wording(wanted)}"
    if value is UNKNOWN or _fits_known(value, wanted):
        return None
    # A number is not taken for text in silence: 007 would have become 7.
    hint = f"; as text: \"{path}='{value}'\"" if type(value) in (int, float) and fits(str(value), wanted) else ""
    names = _names(wanted)
    close = InputError.closest(value, names) if isinstance(value, str) else ""
    allowed = "" if close and len(names) > MANY else f", allowed: {wording(wanted)}"
    return f"{path}: got {_said(value)}{allowed}{hint}{close}"


def _names(wanted: Any) -> list[str]:
    """The texts of which one is allowed."""
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return [one for one in inside if isinstance(one, str)]
    if origin in (Union, UnionType):
        return [name for one in inside for name in _names(one)]
    if origin is Annotated:
        later = [note for note in inside[1:] if isinstance(note, Later)]
        return _names(look_up(later[0]) if later else inside[0])
    return []


def _said(value: Any) -> str:
    """A value and its type, as messages show it."""
    if value is None:
        return "null"
    return repr(value) if isinstance(value, (dict, list, bool)) else f"{value!r} ({type(value).__name__})"


def _fits_known(value: Any, wanted: Any) -> bool:
    """Whether what is known of a value fits: parts that wait for the run are passed over."""
    if isinstance(value, list) and any(item is UNKNOWN or item is MISSING for item in value):
        return True
    if isinstance(value, dict) and any(item is UNKNOWN or item is MISSING for item in value.values()):
        return True
    return fits(value, wanted)


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
