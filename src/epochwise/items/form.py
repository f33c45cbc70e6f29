"""How an item of one's own data set is read: which of its parts are inputs, and which is the target."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch.utils.data import default_collate
from torchvision.transforms.v2 import functional

from epochwise.data.target import IGNORE
from epochwise.input_error import InputError

#: What an entry is called that says what is to be learned, where an item is a dict.
TARGET_KEYS = ("y", "target", "targets", "label", "labels", "mask")


class Form:
    """How an item, or a batch, is read: which of its parts are inputs, and which is the target.

    Args:
        inputs: names of the inputs, in the order of a tuple, or keys of a dict; None: all but the target.
        target_key: the target's key in a dict; None: the one of ``TARGET_KEYS`` that is there.
        pad_id: fills up rows of tokens of unequal length, at their end, beside ``IGNORE`` in their targets; None: rows
            are equally long. Of several inputs, ``input_ids`` or else the first are the tokens, and rows beside them,
            such as a mask, are filled up with 0.
    """

    def __init__(
        self, inputs: Sequence[str] | None = None, target_key: str | None = None, pad_id: int | None = None
    ) -> None:
        self.inputs, self.target_key, self.pad_id = inputs, target_key, pad_id

    def key_of_target(self, item: Mapping[str, Any]) -> str | None:
        """Under which key an item has its target; None where it has none."""
        if self.target_key is not None:
            return self.target_key
        inputs = set(self.inputs or ())
        return next((key for key in TARGET_KEYS if key in item and key not in inputs), None)

    def parts(self, item: Any) -> tuple[Any, Any]:
        """``x`` and ``y`` of an item, or of a batch of them.

        Args:
            item: a dict; a tuple or list whose last entry is the target; anything else is ``x`` alone.

        Returns:
            ``x``, a dict by name where there are several inputs, and ``y``, None where there is none.

        Raises:
            ValueError: a key or a name is not there.
        """
        if isinstance(item, Mapping):
            target = self.key_of_target(item)
            names = list(self.inputs or (key for key in item if key != target))
            if missing := [key for key in (*names, target) if key is not None and key not in item]:
                raise ValueError(f"has no {', '.join(map(repr, missing))}; it has {', '.join(map(repr, item))}")
            x = {name: item[name] for name in names}
            return (x if len(x) != 1 else x[names[0]]), (None if target is None else item[target])
        if not isinstance(item, (tuple, list)):
            return item, None
        if len(item) < 2:
            return (item[0] if item else None), None
        *given, y = item
        if len(given) == 1:
            return given[0], y
        names = list(self.inputs or (f"input_{place}" for place in range(len(given))))
        if len(names) != len(given):
            raise ValueError(f"is a tuple of {len(given)} inputs and a target; data.inputs names {len(names)}")
        return dict(zip(names, given, strict=True)), y

    def collate(self, items: list[Any]) -> tuple[Any, Any]:
        """``x`` and ``y`` of a batch, by torch's ``default_collate``; pictures of PIL become uint8 (C, H, W).

        Raises:
            ValueError: see ``parts``.
            InputError: the items are too unlike to be stacked.
        """
        parts = [self.parts(item) for item in items]
        x, y = [part[0] for part in parts], [part[1] for part in parts]
        try:
            return self._inputs(x), (None if y[0] is None else self._stacked(y, IGNORE))
        except (RuntimeError, TypeError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            allowed = "items of one shape, data.pad_id for rows of tokens, or a data.collate_fn"
            raise InputError(f"data: some items make no batch together ({said}); allowed: {allowed}") from error

    def _inputs(self, values: list[Any]) -> Any:
        if not isinstance(values[0], Mapping):
            return self._stacked(values, self.pad_id)
        tokens = "input_ids" if "input_ids" in values[0] else next(iter(values[0]))
        fills = {key: self.pad_id if key == tokens else 0 for key in values[0]}
        return {key: self._stacked([value[key] for value in values], fill) for key, fill in fills.items()}

    def _stacked(self, values: list[Any], fill: int | None) -> Any:
        first = values[0]
        if isinstance(first, Image):
            return torch.stack([functional.pil_to_tensor(value) for value in values])
        if isinstance(first, Mapping):
            return {key: self._stacked([value[key] for value in values], fill) for key in first}
        if self.pad_id is not None and fill is not None and np.ndim(first) == 1:
            rows = [torch.as_tensor(value) for value in values]
            if len({len(row) for row in rows}) > 1:
                return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=fill)
        return default_collate(values)
