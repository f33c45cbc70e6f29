"""A folder of shards: what is in it, and whether it is whole."""

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from epochwise.data.spec import Spec
from epochwise.input_error import InputError, existing_path, first_lines
from epochwise.run.run_folder import read_json, whole_file

#: Says what is in a folder; it is written last, so a folder that has it is whole.
INDEX = "shards.json"
#: A line for the plan and one for each shard so far, while a folder is being written.
UNFINISHED = "unfinished.jsonl"
FORMAT = 1
PIECE = 1 << 20  # bytes of a file that are read at once
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Shard:
    """A file of samples.

    Args:
        file: its name in the folder: an Arrow file (Feather).
        samples: in it.
        bytes: its size.
        crc32: of all of it.
    """

    file: str
    samples: int
    bytes: int
    crc32: int


@dataclass(frozen=True)
class ShardFolder:
    """What ``shards.json`` says.

    Args:
        path: the folder.
        kind: ``pictures``, encoded as their files were, or ``rows`` of float32.
        rows_a_batch: samples of a record batch, which is what is read at once.
        block: neighbours that are shuffled together, see ``WindowOrder``.
        plan: tells what was asked for, and of which samples, from others.
        spec: fields of ``Spec`` of the training split; of pictures the shape is for the reader to say.
        learned: from the training split: ``columns`` of rows; nothing of pictures.
        splits: name -> its shards, in their order.
        skipped: samples that could not be read and were left out.
    """

    path: Path
    kind: Literal["pictures", "rows"]
    rows_a_batch: int
    block: int
    plan: str
    spec: dict[str, Any]
    learned: dict[str, Any]
    splits: dict[str, list[Shard]]
    skipped: list[str] = field(default_factory=list)

    def num_samples(self, split: str) -> int:
        return sum(shard.samples for shard in self.splits[split])

    def write(self) -> None:
        """Write ``shards.json``: with it the folder is whole."""
        found = {"format": FORMAT} | {name: value for name, value in asdict(self).items() if name != "path"}
        with whole_file(self.path / INDEX) as file:
            json.dump(found, file, indent=1)


def read_shard_folder(path: str, key: str) -> ShardFolder:
    """Read what is in a folder, and hold the sizes of its files against it.

    Raises:
        InputError: nothing is there, it is half-made or no such folder, or a shard is missing or was cut short.
    """
    place = existing_path(path, key)
    makes = "python -m epochwise.shards SOURCE DEST makes one"
    if not place.is_dir():
        raise InputError(f"{key}={path}: is a file; allowed: a folder of shards, {makes}")
    if not (place / INDEX).is_file():
        if (place / UNFINISHED).is_file():
            raise InputError(f"{key}={path}: half-made, {progress(place)}; the command that began it goes on with it")
        raise InputError(f"{key}={path}: has no {INDEX}; allowed: a folder of shards, {makes}")
    found = read_json(place / INDEX)
    try:
        if found.pop("format") != FORMAT:
            raise InputError(f"{key}={path}: {INDEX} is of another version; allowed: format {FORMAT}")
        found["splits"] = {name: [Shard(**each) for each in found["splits"][name]] for name in SPLITS}
        folder = ShardFolder(path=place, **found)
        Spec(**folder.spec)
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{key}={path}: {INDEX} is damaged; allowed: as epochwise.shards wrote it") from None
    if faults := [fault for shards in folder.splits.values() for each in shards if (fault := size_fault(place, each))]:
        raise InputError(*first_lines([f"{key}={path}: {fault}" for fault in faults]))
    return folder


def progress(place: Path) -> str:
    """How far a half-made folder is, in words."""
    lines = (place / UNFINISHED).read_text(encoding="utf-8").splitlines()
    try:
        return f"{len(lines) - 1} of {int(json.loads(lines[0])['shards']) or '?'} shards"
    except (IndexError, KeyError, TypeError, ValueError):
        return "how far is not known"


def size_fault(place: Path, shard: Shard) -> str | None:
    """What is wrong with a shard's size, if anything."""
    try:
        there = (place / shard.file).stat().st_size
    except OSError:
        return f"shard {shard.file} is missing"
    return (
        None if there == shard.bytes else f"shard {shard.file} has {there:,} bytes; it was written with {shard.bytes:,}"
    )


def checksum(file: Path) -> int:
    """CRC-32 of a file."""
    found = 0
    with open(file, "rb") as opened:
        while piece := opened.read(PIECE):
            found = zlib.crc32(piece, found)
    return found
