"""Samples that lie on the device that trains, so that a batch is cut there and nothing is sent to it."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils.data import Dataset, SequentialSampler, StackDataset, Subset

from epochwise.input_error import InputError

KEY = "data.keep_on_device"
#: Of the free memory of a GPU, what ``auto`` takes at most for a split: the network and its activations need the rest.
SHARE = 0.25
#: Samples that are read at a time to be brought over.
ROWS = 1024


class KeptSamples(Dataset):
    """Batches of samples, for a tensor of indices, on the device of both.

    Args:
        parts: x, or x and y: tensors (N, ...) on one device, or several of them by name.
    """

    def __init__(self, parts: Any) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return _length(self.parts)

    def __getitem__(self, rows: Tensor) -> Any:
        return _cut(self.parts, rows)


class KeptBatches(SequentialSampler):
    """The batches of another sampler as tensors on a device, to which the whole order of an epoch goes at once.

    It is a ``SequentialSampler`` in name only: Lightning replaces any other kind under ``trainer.overfit_batches``.

    Args:
        batches: gives a list of indices a batch.
        device: where the samples are.
    """

    def __init__(self, batches: Any, device: torch.device) -> None:
        super().__init__(range(len(batches)))
        self.batches, self.device = batches, device

    def set_epoch(self, epoch: int) -> None:
        if hasattr(self.batches, "set_epoch"):
            self.batches.set_epoch(epoch)

    def __iter__(self) -> Iterator[Tensor]:  # type: ignore[override]  # a batch at a time, where torch's gives a sample
        batches = list(self.batches)
        order = torch.tensor([row for rows in batches for row in rows], dtype=torch.int64)
        yield from order.to(self.device).split([len(rows) for rows in batches]) if batches else ()

    def __len__(self) -> int:
        return len(self.batches)


def is_held(samples: Any) -> bool:
    """Whether samples lie in memory, and each is the same whatever stands beside it in a batch.

    Args:
        samples: what a data module makes loaders of. What is no tensor says so by ``is_held``.
    """
    if isinstance(samples, Subset):
        return is_held(samples.dataset)
    if isinstance(samples, StackDataset) and getattr(samples, "is_cut", False):
        return all(map(is_held, samples.datasets))
    return isinstance(samples, Tensor) or bool(getattr(samples, "is_held", False))


def kept_samples(samples: Any, device: torch.device, setting: bool | Literal["auto"], workers: int) -> Any:
    """Bring samples to a device.

    Args:
        samples: N of them.
        device: that trains.
        setting: of ``data.keep_on_device``; ``auto`` keeps them on a GPU where they take ``SHARE`` of its free memory
            at most.
        workers: that would read them.

    Returns:
        ``KeptSamples``, or None where they stay where they are.

    Raises:
        InputError: they are to be kept, and are larger than what is free.
    """
    on_gpu = device.type == "cuda"
    wanted = setting is True or (setting == "auto" and on_gpu)
    if not wanted or workers or not is_held(samples) or not len(samples):
        return None
    if on_gpu:
        free, size = torch.cuda.mem_get_info(device)[0], _bytes(samples[[0]]) * len(samples)
        if setting == "auto" and size > SHARE * free:
            return None
        if size > free:
            gib = f"{size / 2**30:.1f} GiB of samples, and {free / 2**30:.1f} GiB of {device} are free"
            raise InputError(f"{KEY}: got true, but there are {gib}; allowed: auto, false")
    return KeptSamples(_whole(samples, device))


def check_kept(samples: Any, setting: bool | Literal["auto"], workers: int) -> None:
    """Refuse what cannot be kept.

    Raises:
        InputError: samples are to be kept on the device that are read batch by batch, or by workers.
    """
    if setting is not True:
        return
    if not is_held(samples):
        raise InputError(f"{KEY}: got true, but these samples are read batch by batch; allowed: auto, false")
    if workers:
        raise InputError(
            f"{KEY}: got true, but workers do not reach it; allowed with data.num_workers={workers}: false"
        )


def _whole(samples: Any, device: torch.device) -> Any:
    if isinstance(samples, Tensor):
        return samples.to(device)
    if type(samples) is not Subset and isinstance(samples, StackDataset):
        return tuple(_whole(each, device) for each in samples.datasets)
    room: Any = None
    for start in range(0, len(samples), ROWS):  # some at a time: the host may have less memory than the device
        batch = samples[list(range(len(samples))[start : start + ROWS])]
        room = _room(batch, len(samples), device) if room is None else room
        _put(batch, room, start)
    return room


def _room(batch: Any, number: int, device: torch.device) -> Any:
    if isinstance(batch, Mapping):
        return {name: _room(each, number, device) for name, each in batch.items()}
    if isinstance(batch, Tensor):
        return torch.empty((number, *batch.shape[1:]), dtype=batch.dtype, device=device)
    return tuple(_room(each, number, device) for each in batch)


def _put(batch: Any, room: Any, start: int) -> None:
    if isinstance(batch, Tensor):
        room[start : start + len(batch)].copy_(batch)
        return
    for key in batch if isinstance(batch, Mapping) else range(len(batch)):
        _put(batch[key], room[key], start)


def _cut(parts: Any, rows: Tensor) -> Any:
    if isinstance(parts, Tensor):
        return parts.index_select(0, rows)
    if isinstance(parts, Mapping):
        return {name: _cut(each, rows) for name, each in parts.items()}
    return tuple(_cut(each, rows) for each in parts)


def _length(parts: Any) -> int:
    while not isinstance(parts, Tensor):
        parts = next(iter(parts.values() if isinstance(parts, Mapping) else parts))
    return len(parts)


def _bytes(batch: Any) -> int:
    if isinstance(batch, Tensor):
        return batch.numel() * batch.element_size()
    return sum(map(_bytes, batch.values() if isinstance(batch, Mapping) else batch))
