"""What a network has to know of the data, and what of it a checkpoint keeps."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from epochwise.data.picture_files import PictureView
from epochwise.input_error import InputError


@dataclass(frozen=True)
class Spec:
    """What a data module publishes once it is set up; ``${spec....}`` in YAML.

    ``dataclasses.asdict`` of it holds plain values only, so it survives YAML and a checkpoint.

    Args:
        input_shape: shape of one sample as a network sees it, without the batch: (C, H, W) for pictures, (F,) for rows.
        target: ``"class"``, an index in [0, C), or ``"number"``, a real number in the units of the data.
        num_outputs: C for a class, 1 for a number.
        class_names: C names in the order of the indices; empty for a number.
        class_counts: samples of each class in the training split; empty for a number.
        target_mean: mean of the numbers in the training split, in their units; 0 for a class.
        target_std: their standard deviation, never 0; 1 for a class.
    """

    input_shape: tuple[int, ...]
    target: Literal["class", "number"]
    num_outputs: int
    class_names: list[str]
    class_counts: list[int]
    target_mean: float = 0.0
    target_std: float = 1.0

    @property
    def is_picture(self) -> bool:
        """Whether a sample is a grey or coloured picture."""
        return len(self.input_shape) == 3 and self.input_shape[0] in (1, 3)


def kept_spec(state: Any) -> tuple[Spec, dict[str, Any]]:
    """Take over what was learned from training data, held to what a data module writes.

    Args:
        state: ``spec`` as a dict, and ``learned``; of the latter ``mean`` and ``std`` a channel and ``columns`` of a
            table are looked at, what else one's own data module learned is its own to read.

    Raises:
        InputError: a value is missing, of another kind, or not a finite number.
    """
    spec, learned = (state.get(name) if isinstance(state, dict) else None for name in ("spec", "learned"))
    if not isinstance(spec, dict) or not _is_spec(spec):
        raise InputError("ckpt: what it keeps of the training data ('spec') is not what a data module writes")
    channels = spec["input_shape"][0]
    if not isinstance(learned, dict) or not _is_learned(learned, channels):
        raise InputError("ckpt: what it keeps of the training data ('learned') is not what a data module writes")
    return Spec(**spec), learned


def kept_view(state: dict[str, Any]) -> PictureView:
    """How picture files were seen in training; in that of a run from before it was kept, cropped on no background.

    Raises:
        InputError: it is not what a data module writes.
    """
    view = state.get("view", {})
    try:
        return PictureView(**view)
    except (TypeError, InputError):
        raise InputError("ckpt: how it says pictures were seen ('view') is not what a data module writes") from None


def _is_spec(spec: dict[str, Any]) -> bool:
    needed = {"input_shape", "target", "num_outputs", "class_names", "class_counts"}
    if not needed <= spec.keys() <= needed | {"target_mean", "target_std"}:
        return False
    sizes = isinstance(spec["input_shape"], (list, tuple)) and all(_is_size(size) for size in spec["input_shape"])
    names = isinstance(spec["class_names"], list) and all(isinstance(name, str) for name in spec["class_names"])
    counts = isinstance(spec["class_counts"], list) and all(_is_size(count, 0) for count in spec["class_counts"])
    if not (sizes and spec["input_shape"] and names and counts and _is_size(spec["num_outputs"])):
        return False
    num_names = spec["num_outputs"] if spec["target"] == "class" else 0
    return (
        spec["target"] in ("class", "number")
        and len(spec["class_names"]) == len(spec["class_counts"]) == num_names
        and _is_number(spec.get("target_mean", 0.0))
        and _is_number(spec.get("target_std", 1.0))
        and spec.get("target_std", 1.0) != 0
    )


def _is_learned(learned: dict[str, Any], channels: int) -> bool:
    if not all(isinstance(name, str) for name in learned):
        return False
    for name in {"mean", "std"} if learned.keys() & {"mean", "std"} else ():
        values = learned.get(name)
        if not isinstance(values, list) or len(values) not in (1, channels) or not all(map(_is_number, values)):
            return False
    columns = learned.get("columns", {})
    return 0 not in learned.get("std", []) and isinstance(columns, dict) and all(map(_is_column, columns.values()))


def _is_column(column: Any) -> bool:
    if not isinstance(column, dict):
        return False
    if "categories" in column:
        names = column["categories"]
        return (
            isinstance(names, list) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
        )
    return all(_is_number(column.get(name)) for name in ("median", "mean", "std")) and column["std"] != 0


def _is_size(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**53


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and isfinite(value)
