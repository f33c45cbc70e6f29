"""A run's network with all that stands before and behind it, as one module."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional

from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.export.columns import Columns
from epochwise.input_error import InputError

OUTPUTS = ("prediction", "output")


class Preparation(nn.Module):
    """Bring samples as a loader gives them to what the network was trained on, as ``BatchedDataModule`` does.

    Args:
        learned: of the training split: ``columns``, ``mean`` and ``std``; of several inputs ``inputs``, by name.
    """

    def __init__(self, learned: Mapping[str, Any]) -> None:
        super().__init__()
        self.columns = Columns(learned["columns"]) if "columns" in learned else None
        self.places: dict[str, int] = {}
        for name, each in {"": learned, **learned.get("inputs", {})}.items():
            if "mean" in each:
                place = self.places[name] = len(self.places)
                for key in ("mean", "std"):
                    self.register_buffer(f"{key}{place}", torch.tensor(each[key]), persistent=False)

    def forward(self, x: Tensor | dict[str, Tensor]) -> Any:
        """Map (B, ...), or several of them by name, to the same as floats; tokens stay."""
        if isinstance(x, dict):
            return {name: self._prepared(each, name) for name, each in x.items()}
        return self._prepared(x if self.columns is None else self.columns(x), "")

    def _prepared(self, x: Tensor, name: str) -> Tensor:
        if x.is_floating_point() or x.dtype == torch.uint8:
            x = functional.to_dtype(x, torch.float32, scale=True)
        if name not in self.places:
            return x
        shape = (-1, *[1] * (x.ndim - 2))
        mean, std = (getattr(self, f"{key}{self.places[name]}").to(x.dtype).view(shape) for key in ("mean", "std"))
        return (x - mean) / std


class Graph(nn.Module):
    """Samples as they are in, answers out.

    Args:
        task: a trained task, in eval mode.
        preparation: what stands before its network; None: what goes in has been prepared.
        names: of several inputs, in their order; empty for one.
    """

    def __init__(self, task: Any, preparation: Preparation | None, names: Sequence[str]) -> None:
        super().__init__()
        self.network, self.preparation, self.names = task.network, preparation, list(names)
        self.answer, self.predict = task.forward, task.predict

    def forward(self, *x: Tensor) -> tuple[Tensor, Tensor]:
        """Map one (B, ...), or several in the order of ``names``, to the task's prediction and the network's output."""
        given: Any = dict(zip(self.names, x, strict=True)) if self.names else x[0]
        output = self.answer(given if self.preparation is None else self.preparation(given))
        if not isinstance(output, Tensor):
            raise InputError(f"export: the network answers with {type(output).__name__}; allowed: one tensor")
        prediction = self.predict(output)
        return (prediction.clone() if prediction is output else prediction), output


def graph_of(task: Any, data: Any) -> Graph:
    """The graph of a trained task, which takes what ``raw_input`` takes out of a batch of ``data``.

    Raises:
        InputError: the task goes its own way, so what it makes of a batch is not known.
    """
    if not all(hasattr(task, name) for name in ("network", "predict", "measure")):
        raise InputError(f"export: {type(task).__name__} is no task of epochwise.task, so what it answers is not known")
    learned = dict(data.learned) if prepares(data) else {}
    if not getattr(data, "raw", False):
        learned.pop("columns", None)
    spec = data.spec
    return Graph(task, Preparation(learned) if prepares(data) else None, list(spec.input_shapes)).eval()


def prepares(data: Any) -> bool:
    """Whether a graph can do what ``data`` does with a batch; else what comes out of that goes into the graph."""
    return getattr(type(data), "on_after_batch_transfer", None) is BatchedDataModule.on_after_batch_transfer


def take_raw(data: Any) -> None:
    """Let a data module give rows of tables as they are; columns of texts, whose words only it can count, forbid it.

    Args:
        data: which has loaded what was learned, and is not set up.
    """
    columns = getattr(data, "learned", {}).get("columns")
    if hasattr(data, "raw") and isinstance(columns, dict):
        data.raw = not any("words" in column for column in columns.values())


def raw_input(data: Any, batch: Any) -> tuple[Any, Any]:
    """The x of a batch of a loader as a graph takes it, and its y; None where there is none.

    Args:
        data: the data module whose loader it is.
        batch: ``[x, y]``, or x alone.
    """
    if not prepares(data):
        batch = data.on_after_batch_transfer(data.on_before_batch_transfer(batch, 0), 0)
    return (batch[0], batch[1]) if isinstance(batch, (list, tuple)) else (batch, None)
