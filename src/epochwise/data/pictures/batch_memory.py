"""Where a batch of pictures is written to: a large tensor costs as much to be given as to be filled."""

import math
from collections.abc import Sequence

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
    room = np.empty(size + ALIGNED, np.uint8)
    start = -room.ctypes.data % ALIGNED
    return torch.from_numpy(room[start : start + size]).view(dtype).view(*shape)


def unit_floats(x: torch.Tensor) -> torch.Tensor:
    """Bytes as float32 in [0, 1]; floats as float32 as they are, the same tensor where it is that already.

    Args:
        x: uint8 or floats (B, C, H, W), or of any other shape.
    """
    if x.dtype != torch.uint8 or x.device.type != "cpu" or not x.is_contiguous():
        return functional.to_dtype(x, torch.float32, scale=True)
    return new_batch(x.shape, torch.float32).copy_(x).mul_(1 / 255)
