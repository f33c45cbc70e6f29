"""What the process that trains is told once: to look for no GPU that is not there, and to keep its memory."""

import ctypes
import os

import torch

#: Of mallopt, in glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Bytes that are kept free at the end of glibc's heap, and of what lies in it: it takes no larger ones.
KEPT_FREE, LARGEST_IN_HEAP = 512 * 2**20, 32 * 2**20


def look_for_no_gpu() -> None:
    """Where there is no GPU, keep torch from looking for NVIDIA's library at each step of an optimizer.

    Lightning asks for that kind of look when it is imported, so that none begins CUDA before processes are forked. It
    takes longer than a step of a small network does.
    """
    if not torch.cuda.is_available():
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)


def keep_freed_memory() -> bool:
    """Let glibc keep what a step has freed for the next one, in place of handing it back to the system.

    It hands back the end of its heap where some megabytes of that are free. Where nothing that outlives a step happens
    to lie behind its activations, they are handed back with each step, and given again page by page: 375,000 faults of
    the kernel an epoch of a small convolutional network.

    Returns:
        Whether it does so now: not where the environment says how ``malloc`` is to be, or there is no glibc.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    # The first alone would be worse than neither: glibc then no longer adapts the other.
    return mallopt is not None and bool(
        mallopt(M_MMAP_THRESHOLD, LARGEST_IN_HEAP) and mallopt(M_TRIM_THRESHOLD, KEPT_FREE)
    )
