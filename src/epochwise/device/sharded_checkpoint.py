"""A checkpoint of which each rank wrote a part: a file for what is small, and a folder of shards beside it."""

import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any
from warnings import catch_warnings

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import Tensor
from torch.distributed.tensor import DTensor

from epochwise.device.sharded_network import each_tensor, whole
from epochwise.run.run_folder import link_file

#: Of a checkpoint: its ``folder``; its ``files``, each with its bytes and its checksum; and its ``tensors`` by the keys
#: that lead to them, each with its shape. In its place is an empty tensor of its dtype.
KEY = "shards"
FOLDER = re.compile(r"last-\d+-[0-9a-f]{8}\.shards")
FILE = re.compile(r"[\w-]+\.safetensors")


def write_shards(checkpoint: dict[str, Any], beside: Path) -> dict[str, Any]:
    """Let each rank write its parts of the tensors that lie in parts; all ranks must ask.

    The files are safetensors, which torch.distributed.checkpoint writes. They are on the disk when this returns.

    Args:
        checkpoint: with ``global_step``.
        beside: the checkpoint's file, of rank 0; the folder's name is one that never was.

    Returns:
        The checkpoint without those tensors, with what tells how to find them.

    Raises:
        OSError: a rank cannot write, which all ranks are told; or they do not see one folder.
    """
    spread: dict[str, DTensor] = {}

    def apart(name: str, tensor: Tensor) -> Any:
        if not isinstance(tensor, DTensor) or name in spread:
            return whole(tensor, True)
        spread[name] = tensor
        return torch.empty(0, dtype=tensor.dtype)

    small = each_tensor(checkpoint, apart)
    # Rank 0 says where: the others may know no run folder of their own.
    chosen = [str(beside.resolve().parent / f"last-{checkpoint['global_step']}-{token_hex(4)}.shards")]
    dist.broadcast_object_list(chosen)
    folder = Path(chosen[0])
    try:
        with catch_warnings(action="ignore"):  # of what torch will deprecate in itself
            dcp.save(spread, storage_writer=dcp.HuggingFaceStorageWriter(str(folder), save_distributed=True))
    except dcp.CheckpointException as error:
        reason = _first(error)
        raise reason if isinstance(reason, OSError) else OSError(f"{folder} cannot be written: {reason}") from error
    own = {path.name: _size_and_checksum(path) for path in folder.glob(f"shard-{dist.get_rank() + 1:05d}-*")}
    of_all: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(of_all, own)
    files = {name: found for each in of_all for name, found in each.items()}
    if unseen := [name for name in files if not (folder / name).is_file()]:
        raise OSError(f"{folder}: {unseen[0]} of another rank is not there: all machines must see one run folder")
    for place in (folder, folder.parent):
        _sync(place)
    small[KEY] = {
        "folder": folder.name,
        "files": files,
        "tensors": {name: list(tensor.shape) for name, tensor in spread.items()},
    }
    return small


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _size_and_checksum(path: Path) -> list[int]:
    checksum = 0
    with open(path, "rb") as file:
        while piece := file.read(2**20):
            checksum = zlib.crc32(piece, checksum)
    return [path.stat().st_size, checksum]


def check_shards(checkpoint: dict[str, Any], path: Path) -> None:
    """See whether all that a checkpoint has apart is there and whole; it may be a stranger's.

    Raises:
        ValueError: a shard is missing, cut short or damaged, or what the checkpoint says of them is not as a run
            writes it.
    """
    kept = checkpoint.get(KEY)
    if kept is None:
        return
    if not isinstance(kept, dict) or not _is_as_written(kept):
        raise ValueError("what it says of its shards is not as a run writes it")
    folder = path.parent / kept["folder"]
    if not folder.is_dir():
        raise ValueError(f"its shards are missing: {folder.name}")
    for name, (size, checksum) in kept["files"].items():
        file = folder / name
        if not file.is_file():
            raise ValueError(f"its shard {folder.name}/{name} is missing")
        if file.stat().st_size != size:
            raise ValueError(f"its shard {folder.name}/{name} is cut short or another's")
        if _size_and_checksum(file)[1] != checksum:
            raise ValueError(f"its shard {folder.name}/{name} differs from its checksum")
    if more := {one.name for one in folder.glob("*.safetensors")} - kept["files"].keys():
        raise ValueError(f"{folder.name}/{min(more)} is none of its shards")
    num_bytes = 0

    def count(name: str, tensor: Tensor) -> None:
        nonlocal num_bytes
        num_bytes += torch.Size(kept["tensors"].get(name, [0])).numel() * tensor.element_size()

    each_tensor(checkpoint, count)
    if num_bytes > sum(size for size, _ in kept["files"].values()):
        raise ValueError("its tensors are larger than its shards")


def _is_as_written(kept: dict[str, Any]) -> bool:
    folder, files, tensors = (kept.get(name) for name in ("folder", "files", "tensors"))
    if not isinstance(folder, str) or not isinstance(files, dict) or not isinstance(tensors, dict):
        return False
    names = FOLDER.fullmatch(folder) and all(isinstance(name, str) and FILE.fullmatch(name) for name in files)
    numbers = [*files.values(), *tensors.values()]
    pairs = all(isinstance(pair, list) and len(pair) == 2 for pair in files.values())
    return bool(names) and pairs and all(isinstance(each, list) and all(map(_is_count, each)) for each in numbers)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def with_shards(
    checkpoint: dict[str, Any], path: Path, is_wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, Any]:
    """Put tensors that a checkpoint has apart into their places, whole and on the CPU.

    Args:
        checkpoint: as its file holds it; one that has nothing apart is returned as it is.
        path: the file.
        is_wanted: says by the keys that lead to a tensor whether it is; for the others a tensor without numbers stands,
            of its shape and dtype, on torch's device ``meta``.

    Raises:
        ValueError: they cannot be read.
    """
    if KEY not in checkpoint:
        return checkpoint
    kept = checkpoint[KEY]
    read: dict[str, Tensor] = {}

    def made(name: str, tensor: Tensor) -> Tensor:
        if name not in kept["tensors"]:
            return tensor
        how: dict[str, Any] = {"dtype": tensor.dtype}
        if not is_wanted(name):
            return torch.empty(kept["tensors"][name], device="meta", **how)
        read[name] = torch.zeros(kept["tensors"][name], **how)
        return read[name]

    placed: dict[str, Any] = each_tensor(checkpoint, made)
    read_shards(read, path.parent / kept["folder"])
    if len(read) == len(kept["tensors"]):
        del placed[KEY]
    return placed


def read_shards(tensors: dict[str, Tensor], folder: Path) -> None:
    """Fill tensors, whole ones or this rank's parts of them, by their names; a rank reads what it needs alone.

    Raises:
        ValueError: they are not in the folder, or of another shape.
    """
    if not tensors:
        return
    state: dict[str, Any] = dict(tensors)
    try:
        with catch_warnings(action="ignore"):  # that each process reads for itself
            dcp.load(state, storage_reader=dcp.HuggingFaceStorageReader(str(folder)), no_dist=True)
    except (Exception, dcp.CheckpointException) as error:  # whatever torch and safetensors say of bytes that are none
        why = _first(error) if isinstance(error, dcp.CheckpointException) else error
        reason = (str(why).strip().splitlines() or [type(why).__name__])[0]
        raise ValueError(f"{folder.name} does not hold its tensors ({reason})") from error


def _first(error: dcp.CheckpointException) -> BaseException:
    """Of what the ranks failed with; torch's own is no Exception, and holds their traces."""
    return next((failure[0] for failure in error.failures.values()), error)


def link_checkpoint(source: Path, target: Path) -> None:
    """Let a checkpoint bear a second name (``link_file``), maybe in another folder; first what it has apart."""
    if source.parent != target.parent:
        for name in _named((source,)):
            (target.parent / name).mkdir(exist_ok=True)
            for file in (source.parent / name).glob("*.safetensors"):
                link_file(file, target.parent / name / file.name)
    link_file(source, target)


def remove_unnamed_shards(folder: Path) -> None:
    """Remove the shards that no checkpoint of a folder names any more."""
    there = {path.name for path in folder.glob("last-*.shards") if FOLDER.fullmatch(path.name)}
    if there:
        for name in there.difference(_named(folder / name for name in ("last.ckpt", "previous.ckpt"))):
            shutil.rmtree(folder / name, ignore_errors=True)


def _named(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if path.exists() and any(path.parent.glob("last-*.shards")):
            with suppress(Exception):  # a damaged one has no shards that anyone could find
                name = torch.load(path, map_location="cpu", weights_only=True, mmap=True)[KEY]["folder"]
                yield from [name] if FOLDER.fullmatch(name) else ()
