"""An exported network as a run: its task, and what it answers to the batches of a data module."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn
from torch.nn import functional as F

from epochwise.commands.build import build
from epochwise.commands.build_network import build_network
from epochwise.config.check import check
from epochwise.export.description import from_texts
from epochwise.export.formats import FORMATS, Answers, package, read_onnx, read_torch_export, texts_of
from epochwise.export.graph import graph_of, raw_input
from epochwise.input_error import InputError, existing_path
from epochwise.resume.restore import Restored
from epochwise.trust.names import Trust
from epochwise.trust.run_config import config_faults

#: What has to be trusted before a ``.pt2`` is read.
LOADS = "torch.export.load"
SUFFIXES = {suffix: name for name, (suffix, _) in FORMATS.items()}


def read_exported(text: str, trust: Trust) -> tuple[Restored, dict[str, Any]]:
    """A file as the run that it is of, with a task whose network is to be given what the file answers.

    Args:
        text: where it is; it may be a stranger's.
        trust: what it may name beside ``TRUSTED``.

    Returns:
        The run, whose config has ``model`` and ``task`` alone, and what the file says of itself.

    Raises:
        InputError: no such file, one of another kind, or one that names what is not trusted.
    """
    path = existing_path(text, "exported")
    if path.suffix not in SUFFIXES or not path.is_file():
        raise InputError(f"exported={text}: allowed: a file ending in {', '.join(SUFFIXES)}")
    if path.suffix == ".pt2" and LOADS not in trust.listed:
        raise InputError(
            f"exported={text}: reading a .pt2 may run code that it holds; where it is yours, say trust={LOADS}"
        )
    found = from_texts(texts_of(path), f"exported={text}")
    nodes = {name: found[name] for name in ("model", "task")}
    if faults := config_faults(nodes, trust, path.parent):
        raise InputError(*(f"exported={text}: {line}" for line in faults.values()))
    config = OmegaConf.create({**nodes, "spec": found["data_state"].get("spec"), "run_folder": str(path.parent)})
    try:
        check(config)
    except InputError as error:
        own = [line for line in error.lines if line.partition(":")[0].partition(".")[0] in nodes]
        if own:
            raise InputError(*(f"exported={text}: {line}" for line in own)) from error
    task = build(config, "task", network=nn.Identity(), optimizer=None, scheduler=None)
    return Restored(config, task.eval(), found["data_state"], found["epochs"] - 1, "32-true"), found


def answers_of(path: Path, kind: str, config: DictConfig, found: Mapping[str, Any], data: Any) -> "Answering":
    """What a file answers to the batches of ``data``.

    Args:
        path: the file.
        kind: a key of ``FORMATS``.
        config: of ``read_exported``, or of the run that was exported.
        found: what it says of itself.
        data: which has loaded what was learned.

    Raises:
        InputError: it cannot be read, or its weights are of another network.
    """
    if kind == "safetensors":
        return Answering(_of_weights(path, config, data), found, data)
    return Answering(read_onnx(path) if kind == "onnx" else read_torch_export(path), found, data)


def _of_weights(path: Path, config: DictConfig, data: Any) -> Answers:
    load_file = package("safetensors.torch", f"exported={path}").load_file
    config = OmegaConf.masked_copy(config, ["model", "task"])  # adapters have been added to the weights
    network, _ = build_network(config, [], resumed=True)
    try:
        weights = load_file(path)
        kinds = {weight.dtype for weight in weights.values() if weight.is_floating_point()}
        if len(kinds) == 1:
            network.to(kinds.pop())
        network.load_state_dict(weights)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"exported={path}: not of {config.model['_target_']}: {reason}") from error
    task = build(config, "task", network=network, optimizer=None, scheduler=None)
    task.to(next((each.dtype for each in network.parameters()), torch.float32))
    return graph_of(task.eval(), data)


class Answering:
    """Gives what a file answers to batches.

    Args:
        answers: of the file.
        found: what it says of itself.
        data: the data module whose loaders give the batches.
    """

    def __init__(self, answers: Answers, found: Mapping[str, Any], data: Any) -> None:
        self.answers, self.data, self.names = answers, data, list(found["inputs"])
        self.wanted = list(found["inputs"].values())
        shape = self.wanted[0]["shape"]
        #: Tokens that a text has to have; 0 where any number will do.
        self.steps = shape[1] if data.spec.num_tokens and isinstance(shape[1], int) else 0

    @torch.no_grad()
    def __call__(self, batch: Any) -> tuple[Tensor, Tensor, Any]:
        """Of a batch of a loader, ``[x, y]`` or x: what is predicted, the network's output, and y or None."""
        x, y = raw_input(self.data, batch)
        given = self.inputs(x)
        self._check(given)
        num_steps = given[0].shape[1] if self.steps else 0
        if num_steps < self.steps:
            given = tuple(F.pad(each, (0, self.steps - num_steps), value=self.data.spec.pad_id) for each in given)
        prediction, output = self.answers(*(each.contiguous() for each in given))
        if self.steps and self.data.spec.target == "tokens":
            prediction, output = prediction[:, :num_steps], output[:, :num_steps]
        return prediction, output, y

    def _check(self, given: Sequence[Tensor]) -> None:
        """Refuse samples of another kind than the file takes: it was made for cells of a table, or for features."""
        for wanted, each in zip(self.wanted, given, strict=True):
            sizes, dtype = wanted["shape"][1:], str(each.dtype).removeprefix("torch.")
            fits = len(sizes) == each.ndim - 1 and all(
                isinstance(size, str) or self.steps or size == found
                for size, found in zip(sizes, each.shape[1:], strict=True)
            )
            if dtype != wanted["dtype"] or not fits:
                takes = f"{wanted['dtype']} (batch, {', '.join(map(str, sizes))}), {wanted.get('what')}"
                gives = f"{dtype} (batch, {', '.join(map(str, each.shape[1:]))})"
                raise InputError(f"exported: the file takes {takes}; {type(self.data).__name__} gives {gives}")

    def inputs(self, x: Any) -> tuple[Tensor, ...]:
        """Those of a batch in the order of the file's."""
        return tuple(x[name] for name in self.names) if isinstance(x, Mapping) else (x,)
