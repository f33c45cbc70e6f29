"""What an exported network says of itself."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor

import epochwise
from epochwise.export.formats import Form, is_any, shapes_of
from epochwise.export.graph import OUTPUTS, prepares
from epochwise.input_error import InputError
from epochwise.resume.restore import Restored

OF_OUTPUT = {
    "class": ("the probability of each class", "logits"),
    "labels": ("the probability of each label", "logits"),
    "number": ("in the unit of the target", "in standard deviations from the mean of the training targets"),
    "mask": ("the class of each pixel", "logits of each class"),
    "tokens": ("the likeliest token after each", "logits of each token"),
    "own": ("what the network answers", "the same"),
}


def describe(run: Restored, ckpt: str, data: Any, form: Form) -> dict[str, Any]:
    """What is kept beside a network.

    Args:
        run: whose it is.
        ckpt: which checkpoint.
        data: the data module, with what it learned.
        form: what is written.

    Returns:
        Plain values by name: ``epochs`` that the weights were trained for, ``class_names``, ``inputs`` and ``outputs``
        with their shapes and what they are, and what is needed to build task, network and data module again.
    """
    spec, example = data.spec, form.example
    with torch.no_grad():
        answers = form.graph(*example)
    any_length = spec.num_tokens > 0 and (form.program is None or is_any(shapes_of(form.program)[0], 1))
    words = _of_input(data, example[0])
    plain: Any = {name: OmegaConf.to_container(run.config[name], resolve=True) for name in ("model", "task")}
    return {
        "epochwise": epochwise.__version__,
        "epochs": run.epoch + 1,
        "checkpoint": ckpt,
        "target": spec.target,
        "class_names": list(spec.class_names),
        "target_names": list(spec.target_names),
        "input_shape": list(example[0].shape[1:]),
        "inputs": {
            name: {**_shape(each, any_length), "what": words} for name, each in zip(form.names, example, strict=True)
        },
        "outputs": {
            name: {**_shape(answer, any_length and spec.target == "tokens"), "what": what}
            for name, answer, what in zip(OUTPUTS, answers, OF_OUTPUT[spec.target], strict=True)
        },
        "columns": _columns(data),
        "data": run.config.data["_target_"],
        "data_state": run.data_state,
        **plain,
    }


def _of_input(data: Any, example: Tensor) -> str:
    if not prepares(data):
        return "what the hooks of the data module give"
    if data.spec.num_tokens:
        return "tokens, shorter texts filled up with pad_id"
    if getattr(data, "raw", False):
        return "the columns of a row, NaN where a number is missing"
    if example.dtype == torch.uint8:
        return "pixels, 0 to 255"
    return "features" if "columns" in getattr(data, "learned", {}) else "numbers as the data has them"


def _shape(tensor: Tensor, any_length: bool) -> dict[str, Any]:
    sizes = tensor.shape[1:]
    shape = ["batch", "length", *sizes[1:]] if any_length else ["batch", *sizes]
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": shape}


def _columns(data: Any) -> list[dict[str, Any]]:
    """Of rows as they are, in their order."""
    if not getattr(data, "raw", False):
        return []
    columns = data.learned["columns"]
    return [
        {"name": name, "kind": "category", "categories": each["categories"]}
        if "categories" in each
        else {"name": name, "kind": "days since 1970" if "days" in each else "number"}
        for name, each in columns.items()
    ]


def to_texts(description: Mapping[str, Any]) -> dict[str, str]:
    """As metadata holds it: by name, as JSON.

    Raises:
        InputError: a data module of one's own keeps what is no plain value.
    """
    try:
        return {name: json.dumps(value) for name, value in description.items()}
    except (TypeError, ValueError) as error:
        raise InputError(f"export: {description['data']} keeps in its state what is no plain value: {error}") from error


def from_texts(texts: Mapping[str, str], where: str) -> dict[str, Any]:
    """The inverse of ``to_texts``.

    Args:
        texts: of a file that may be a stranger's.
        where: it is, for the message.

    Raises:
        InputError: it was not written by ``evaluate.py``.
    """
    try:
        found = {name: json.loads(value) for name, value in texts.items()}
        kinds = {"epochs": int, "checkpoint": str, "data_state": dict, "model": dict, "task": dict, "inputs": dict}
        right = all(isinstance(found[name], kind) for name, kind in kinds.items())
        right = right and {"spec", "learned"} <= found["data_state"].keys() and bool(found["inputs"])
        right = right and all(isinstance(one["shape"], list) and one["dtype"] for one in found["inputs"].values())
    except (ValueError, KeyError, TypeError, RecursionError):
        right = False
    if not right:
        raise InputError(f"{where}: no network that evaluate.py has exported, or another version's")
    return found
