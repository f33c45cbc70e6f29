"""What a network has to know of the data, and what of it a checkpoint keeps."""

from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from epochwise.data.pictures.picture_view import PictureView
from epochwise.data.target import TARGETS, Target
from epochwise.input_error import InputError


@dataclass(frozen=True)
class Spec:
    """What a data module publishes once it is set up; ``${spec....}`` in YAML.

    ``dataclasses.asdict`` of it holds plain values only, so it survives YAML and a checkpoint.

    Args:
        input_shape: shape of one sample as a network sees it, without the batch: (C, H, W) for pictures, (F,) for rows,
            (most tokens,) for text. Of several inputs that of the first.
        target: kind of target, see ``data.target``.
        num_outputs: C for a class, for labels and for masks; T for T numbers; V for tokens.
        class_names: C names in the order of the indices; empty for numbers and tokens.
        class_counts: samples of each class, or with each label, in the training split, or pixels of each class; empty
            for numbers and tokens.
        target_mean: mean of the numbers in the training split, in their units, a list of T for several; else 0.
        target_std: their standard deviation, never 0, in the same way; else 1.
        target_names: T names of several numbers; empty for one, and for all else.
        input_shapes: of several inputs, the shape of each by its name; empty for one.
        num_tokens: V, the size of the vocabulary; 0 where the input is no text.
        pad_id: the token that fills up shorter texts, and is never one of a text.
        num_train: samples in the training split; 0 in a run from before it was kept.
        target_entropy: of tokens, what guessing by their shares in the training split costs, in nats a token; else 0.
    """

    input_shape: tuple[int, ...]
    target: Target
    num_outputs: int
    class_names: list[str]
    class_counts: list[int]
    target_mean: float | list[float] = 0.0
    target_std: float | list[float] = 1.0
    target_names: list[str] = field(default_factory=list)
    input_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    num_tokens: int = 0
    pad_id: int = 0
    num_train: int = 0
    target_entropy: float = 0.0

    @property
    def is_picture(self) -> bool:
        """Whether a sample is a grey or coloured picture."""
        return len(self.input_shape) == 3 and self.input_shape[0] in (1, 3)

    @property
    def in_words(self) -> str:
        """The input and the target of a sample: ``1x8x8, 10 classes``."""
        shape = "x".join(str(size) for size in self.input_shape)
        targets = {
            "class": f"{self.num_outputs} classes",
            "labels": f"any of {self.num_outputs} labels",
            "mask": f"a mask of {self.num_outputs} classes each",
            "number": "a number each" if self.num_outputs == 1 else f"{self.num_outputs} numbers each",
            "tokens": f"the next of {self.num_tokens:,} tokens",
            "own": "targets of their own",
        }
        return f"{f'at most {shape} tokens' if self.num_tokens else shape}, {targets[self.target]}"


def state_of(data: Any) -> dict[str, Any]:
    """What a checkpoint keeps of a data module, as plain values; empty before ``setup``.

    Args:
        data: with the ``spec`` that it published, what it ``learned``, and the ``view`` of picture files.
    """
    if data.spec is None:
        return {}
    view = {"view": asdict(data.view)} if data.spec.is_picture else {}
    return {"spec": asdict(data.spec), "learned": data.learned} | view


def take_state(data: Any, state: dict[str, Any]) -> None:
    """The inverse of ``state_of``. Data that is set up already is set up again where that differs.

    Raises:
        InputError: it is not what a data module writes, or that data does not fit.
    """
    if state == data.state_dict():
        return
    data.spec, data.learned = kept_spec(state)
    data.view = kept_view(state)
    if data.splits:
        data.splits = {}
        data.setup()


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
    if not needed <= spec.keys() <= set(Spec.__dataclass_fields__) or spec["target"] not in TARGETS:
        return False
    shapes = spec.get("input_shapes", {})
    counts = spec["class_counts"]
    right = (
        _is_shape(spec["input_shape"])
        and isinstance(shapes, dict)
        and all(isinstance(name, str) and _is_shape(shape) for name, shape in shapes.items())
        and _are_names(spec["class_names"])
        and _are_names(spec.get("target_names", []))
        and isinstance(counts, list)
        and all(_is_size(count, 0) for count in counts)
        and _is_size(spec["num_outputs"])
        and all(_is_size(spec.get(name, 0), 0) for name in ("num_tokens", "pad_id", "num_train"))
        and _is_number(spec.get("target_entropy", 0.0))
    )
    if not right:
        return False
    num_names = spec["num_outputs"] if spec["target"] in ("class", "labels", "mask") else 0
    num_targets = len(spec.get("target_names", []))
    if num_targets and (spec["target"] != "number" or num_targets != spec["num_outputs"]):
        return False
    of_targets = [spec.get("target_mean", 0.0), spec.get("target_std", 1.0)]
    if num_targets:
        means, stds = of_targets
        numbers = all(isinstance(each, (list, tuple)) and len(each) == num_targets for each in of_targets)
        numbers = numbers and all(map(_is_number, [*means, *stds])) and 0 not in stds
    else:
        numbers = all(map(_is_number, of_targets)) and of_targets[1] != 0
    return numbers and len(spec["class_names"]) == len(counts) == num_names


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, (list, tuple)) and len(shape) > 0 and all(map(_is_size, shape))


def _are_names(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _is_learned(learned: dict[str, Any], channels: int) -> bool:
    if not all(isinstance(name, str) for name in learned):
        return False
    inputs = learned.get("inputs", {})
    if not isinstance(inputs, dict) or not all(isinstance(each, dict) for each in inputs.values()):
        return False
    if not _are_statistics(learned, (1, channels)) or not all(_are_statistics(each) for each in inputs.values()):
        return False
    columns = learned.get("columns", {})
    return isinstance(columns, dict) and all(map(_is_column, columns.values()))


def _are_statistics(learned: dict[str, Any], lengths: tuple[int, ...] | None = None) -> bool:
    """Whether ``mean`` and ``std``, where there are any, can be normalised by."""
    for name in {"mean", "std"} if learned.keys() & {"mean", "std"} else ():
        values = learned.get(name)
        if not isinstance(values, list) or not values or not all(map(_is_number, values)):
            return False
        if lengths is not None and len(values) not in lengths:
            return False
    return 0 not in learned.get("std", [])


def _is_column(column: Any) -> bool:
    if not isinstance(column, dict):
        return False
    if "categories" in column:
        names = column["categories"]
        return (
            isinstance(names, list) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
        )
    if "words" in column:
        words, weights = column["words"], column.get("idf")
        if not _are_names(words) or not isinstance(weights, list) or not words:
            return False
        return len(set(words)) == len(words) == len(weights) and all(map(_is_number, weights))
    values = column.get("days", column)  # of dates, or of numbers
    if not isinstance(values, dict):
        return False
    return all(_is_number(values.get(name)) for name in ("median", "mean", "std")) and values["std"] != 0


def _is_size(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**53


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and isfinite(value)
