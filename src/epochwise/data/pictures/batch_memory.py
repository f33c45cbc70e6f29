"""Where a batch of pictures is written to: a large tensor costs as much to be given as to be filled."""

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import ref

import numpy as np
import torch
from torchvision.transforms.v2 import functional

#: Bytes to which torch's own tensors are aligned, for the instructions of a CPU.
ALIGNED = 64
#: Bytes from which numpy asks Linux for large pages.
LARGE = 4 * 2**20


def new_batch(shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    """An unfilled tensor in the host's memory.

    A large one is numpy's, which asks Linux for pages of 2 MiB; torch does so only if the environment said so before it
    was imported. A batch of 64 coloured pictures of 224 pixels, 38 MB as floats, is else given in 9,408 pages, a fault
    of the kernel each, every time.

    Args:
        shape: of the tensor.
        dtype: uint8 or float32.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return torch.empty(*shape, dtype=dtype)
    return torch.from_numpy(_aligned(size)).view(dtype).view(*shape)


class BatchRooms:
    """Gives tensors as ``new_batch`` does, large ones again and again in the same memory once nothing looks at it.

    A tensor, its views, what a network keeps of it for its gradients and arrays of numpy that share its memory all hold
    on to the array that it was made from, so that one knows when the last of them is gone. A batch that somebody keeps
    stays his. Two are remembered: one is in use while the next is made.
    """

    def __init__(self) -> None:
        #: the memory, and the part of it that was lent, as long as that is in use.
        self._rooms: list[tuple[np.ndarray, ref[np.ndarray]]] = []
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return BatchRooms, ()  # a copy, or another process, has memory of its own

    def new(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """An unfilled tensor in the host's memory, of ``shape`` and ``dtype``, uint8 or float32."""
        size = math.prod(shape) * dtype.itemsize
        if size < LARGE:
            return new_batch(shape, dtype)
        with self._lock:
            free = [place for place, (_, lent) in enumerate(self._rooms) if lent() is None]
            fitting = [place for place in free if self._rooms[place][0].nbytes >= size]
            room = self._rooms[fitting[0]][0] if fitting else _aligned(size)
            part = room[:size]
            if free:
                self._rooms[(fitting or free)[0]] = (room, ref(part))
            elif len(self._rooms) < 2:
                self._rooms.append((room, ref(part)))
            return torch.from_numpy(part).view(dtype).view(*shape)


def unit_floats(x: torch.Tensor) -> torch.Tensor:
    """Bytes as float32 in [0, 1]; floats as float32 as they are, the same tensor where it is that already.

    Args:
        x: uint8 or floats (B, C, H, W), or of any other shape.
    """
    if x.dtype != torch.uint8 or x.device.type != "cpu" or not x.is_contiguous():
        return functional.to_dtype(x, torch.float32, scale=True)
    return new_batch(x.shape, torch.float32).copy_(x).mul_(1 / 255)


def _aligned(size: int) -> np.ndarray:
    room = np.empty(size + ALIGNED, np.uint8)
    start = -room.ctypes.data % ALIGNED
    return room[start : start + size]
