"""Mean and standard deviation of channels, or features, that batches are brought to."""

from collections.abc import Mapping
from operator import is_not
from typing import Any

import torch


class ChannelScales:
    """Brings batches to mean 0 and standard deviation 1, by what was learned from the training split."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Any, Any, list[torch.Tensor]]] = {}  # by the name of an input

    def scaled(self, x: Any, learned: Mapping[str, Any], keep: Any = None) -> Any:
        """Scale a batch, or each of several inputs.

        Args:
            x: floats (B, C, ...), or several of them by name.
            learned: ``mean`` and ``std``, C values each; of several inputs ``inputs``, which has them by name. What has
                none stays as it is.
            keep: what must not be written to, of the form of ``x``: ``x`` itself, or what it was made from, and then
                what is scaled takes its place. None: nothing is written to.
        """
        if isinstance(x, Mapping):
            of_inputs, keep = learned.get("inputs", {}), x if keep is None else keep
            return {name: self._scaled(each, of_inputs.get(name, {}), name, keep[name]) for name, each in x.items()}
        return self._scaled(x, learned, "", x if keep is None else keep)

    def _scaled(self, x: Any, learned: Mapping[str, Any], name: str, keep: Any) -> Any:
        if "mean" not in learned or not isinstance(x, torch.Tensor):
            return x
        values, place = (learned["mean"], learned["std"]), (x.device, x.dtype, x.ndim)
        made = self._made.get(name)
        if made is None or made[1] != place or any(map(is_not, made[0], values)):
            tensors = [x.new_tensor(each).view(-1, *[1] * (x.ndim - 2)) for each in values]
            made = self._made[name] = (values, place, tensors)
        mean, std = made[2]
        # A batch is large, and each new tensor costs as much as the arithmetic.
        return (x - mean if x is keep else x.sub_(mean)).div_(std)
