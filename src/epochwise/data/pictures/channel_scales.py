"""Mean and standard deviation of channels, or features, that batches are brought to."""

from collections.abc import Mapping
from operator import is_not
from typing import Any

import torch

from epochwise.data.pictures.batch_memory import LARGE, BatchRooms, unit_floats

#: Bytes of floats that are scaled at a time, so that they stay in the cache of a core until they are done.
BLOCK = 2**20


class ChannelScales:
    """Brings batches to mean 0 and standard deviation 1, by what was learned from the training split."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Any, Any, list[torch.Tensor]]] = {}  # by the name of an input
        self._rooms = BatchRooms()

    def scaled(self, x: Any, learned: Mapping[str, Any]) -> Any:
        """Scale a batch, or each of several inputs.

        Args:
            x: (B, C, ...), or several of them by name: uint8, which is brought to [0, 1] before, or floats. They are
                not written to.
            learned: ``mean`` and ``std``, C values each; of several inputs ``inputs``, which has them by name. What has
                none is made floats alone.

        Returns:
            float32 of the same shape. What is neither, as tokens, stays as it is.
        """
        if isinstance(x, Mapping):
            of_inputs = learned.get("inputs", {})
            return {name: self._scaled(each, of_inputs.get(name, {}), name) for name, each in x.items()}
        return self._scaled(x, learned, "")

    def _scaled(self, x: Any, learned: Mapping[str, Any], name: str) -> Any:
        if not isinstance(x, torch.Tensor) or not (x.is_floating_point() or x.dtype == torch.uint8):
            return x
        if "mean" not in learned:
            return unit_floats(x)
        values, place = (learned["mean"], learned["std"]), (x.device, x.ndim)
        made = self._made.get(name)
        if made is None or made[1] != place or any(map(is_not, made[0], values)):
            shape = (-1, *[1] * (x.ndim - 2))
            tensors = [torch.tensor(each, dtype=torch.float32, device=x.device).view(shape) for each in values]
            made = self._made[name] = (values, place, tensors)
        mean, std = made[2]
        if x.dtype == torch.uint8 and x.device.type == "cpu" and 4 * x.numel() >= LARGE:
            scaled = self._rooms.new(x.shape, torch.float32)
            samples = max(1, BLOCK * len(x) // (4 * x.numel()))
            for part, given in zip(scaled.split(samples), x.split(samples), strict=True):
                part.copy_(given).mul_(1 / 255).sub_(mean).div_(std)
            return scaled
        floats = unit_floats(x)
        # A batch is large, and each new tensor costs as much as the arithmetic.
        return (floats - mean if floats is x else floats.sub_(mean)).div_(std)
