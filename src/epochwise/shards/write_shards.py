"""Shards written one by one, so that what was begun goes on where it ended."""

import json
import os
import shutil
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from filelock import FileLock, Timeout

from epochwise.data.samples import Samples
from epochwise.data.shards.shard_folder import (
    INDEX,
    SPLITS,
    UNFINISHED,
    Shard,
    ShardFolder,
    checksum,
    read_shard_folder,
)
from epochwise.data.shards.shard_rows import ShardWriter
from epochwise.data.spec import Spec
from epochwise.input_error import InputError
from epochwise.run.run_folder import made_folder, read_json, whole_file

LOCK, SCRATCH = ".lock", ".rows"
TELL_EVERY_SECONDS = 5.0


class Source(Protocol):
    """Samples that are to be written; ``digest`` tells them from others, the rest is known once they are prepared.

    ``parts`` says from where to where each shard of a split goes.
    """

    digest: int
    kind: Any
    rows_a_batch: int
    block: int
    spec: Spec
    learned: dict[str, Any]
    splits: dict[str, Samples]
    parts: dict[str, list[tuple[int, int]]]

    def prepare(self) -> None:
        """Do what takes long."""
        ...

    def write(self, writer: ShardWriter, split: str, start: int, stop: int) -> list[str]:
        """Write samples ``start`` to ``stop`` of a split; returns a line for each that was left out."""
        ...


def write_shards(make: Callable[[], Source], dest: Path, asked: dict[str, Any]) -> tuple[ShardFolder, bool]:
    """Write a folder of shards, or go on with one that is half-made.

    A shard takes its name when it is whole and on the disk, and then stands in ``unfinished.jsonl``; ``shards.json``
    comes last. So whatever moment a process dies at, the folder is whole, or the same command goes on with it.

    Args:
        make: reads what there is to be written, once the folder is this process's own.
        dest: new or empty, or half-made by the same words.
        asked: the settings, as they were given.

    Returns:
        What is in the folder, and whether it was whole before.

    Raises:
        InputError: the folder holds something else, or another process writes it; or what ``make`` raises.
    """
    there = {file.name for file in dest.iterdir()} if dest.is_dir() else set()
    if dest.is_file() or (there - {LOCK, SCRATCH} and not there & {INDEX, UNFINISHED}):
        raise InputError(
            f"DEST={dest}: holds other files; allowed: a new or empty folder, or a half-made one of shards"
        )
    try:
        with made_folder(dest), FileLock(dest / LOCK, timeout=0):
            try:
                return _written(make(), dest, asked)
            except InputError:
                if not there:
                    _leave(dest)
                raise
    except Timeout:
        raise InputError(f"DEST={dest}: another process is writing it") from None


def _leave(dest: Path) -> None:
    """Take back what stands in a new folder before the first shard: what is refused leaves nothing."""
    if {file.name for file in dest.iterdir()} <= {LOCK, SCRATCH, UNFINISHED}:
        shutil.rmtree(dest / SCRATCH, ignore_errors=True)
        for name in (UNFINISHED, LOCK):
            (dest / name).unlink(missing_ok=True)


def _written(source: Source, dest: Path, asked: dict[str, Any]) -> tuple[ShardFolder, bool]:
    plan = f"{zlib.crc32(repr(sorted(asked.items())).encode(), source.digest):08x}"
    if (dest / INDEX).is_file():
        if read_json(dest / INDEX).get("plan") != plan:
            raise InputError(f"DEST={dest}: holds shards of other samples or settings; allowed: a new or empty folder")
        return read_shard_folder(str(dest), "DEST"), True
    _begun(dest, plan, 0)  # from here on it is half-made
    source.prepare()
    names = [(split, number) for split in SPLITS for number in range(len(source.parts[split]))]
    done = _begun(dest, plan, len(names))
    tells = Telling(sum(len(samples) for samples in source.splits.values()))
    for split, number in names:
        name = f"{split}-{number:05}.arrow"
        start, stop = source.parts[split][number]
        if is_new := name not in done:
            shard, skipped = _write(source, dest / name, split, start, stop)
            done[name] = {"shard": asdict(shard), "skipped": skipped}
            _note(dest, {"name": name, **done[name]})
        tells.count(len(done), len(names), stop - start, is_new)
    written = [(split, done[f"{split}-{number:05}.arrow"]) for split, number in names]
    skipped = [line for _, each in written for line in each["skipped"]]
    shards = [(split, Shard(**each["shard"])) for split, each in written]
    whole = {split: [shard for of, shard in shards if of == split and shard.samples] for split in SPLITS}
    folder = ShardFolder(dest, source.kind, source.rows_a_batch, source.block, plan, asdict(source.spec),
                         source.learned, whole, skipped)  # fmt: skip
    folder.write()
    (dest / UNFINISHED).unlink()
    return folder, False


def _begun(dest: Path, plan: str, shards: int) -> dict[str, dict[str, Any]]:
    """What was written before, by the name of a shard; what a process that died left half-written goes."""
    for beside in dest.glob(".*.arrow.*"):
        beside.unlink()
    lines: list[dict[str, Any]] = []
    if (dest / UNFINISHED).is_file():
        for line in (dest / UNFINISHED).read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # the last line, cut short
                break
    if lines and lines[0].get("plan") != plan:
        raise InputError(
            f"DEST={dest}: half-made of other samples or settings; allowed: the same as before, or another folder"
        )
    done = {line.pop("name"): line for line in lines[1:]}
    with whole_file(dest / UNFINISHED) as file:
        for kept in [{"plan": plan, "shards": shards}, *({"name": name, **each} for name, each in done.items())]:
            file.write(json.dumps(kept) + "\n")
    return done


def _write(source: Source, file: Path, split: str, start: int, stop: int) -> tuple[Shard, list[str]]:
    with whole_file(file, "wb") as opened:
        writer = ShardWriter(opened)
        skipped = source.write(writer, split, start, stop)
        writer.close()
    return Shard(file.name, stop - start - len(skipped), file.stat().st_size, checksum(file)), skipped


def _note(dest: Path, line: dict[str, Any]) -> None:
    with open(dest / UNFINISHED, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


class Telling:
    """Says now and then, on standard error, how far it is.

    Args:
        samples: in all.
    """

    def __init__(self, samples: int) -> None:
        self.samples, self.so_far, self.written, self.begun = samples, 0, 0, monotonic()
        self.at = self.begun + TELL_EVERY_SECONDS

    def count(self, shards: int, of: int, samples: int, is_new: bool) -> None:
        """So many more samples, and so many shards by now; what was there before took no time, and tells of none."""
        self.so_far += samples
        self.written += samples if is_new else 0
        if is_new and monotonic() > self.at:
            self.at = monotonic() + TELL_EVERY_SECONDS
            left = (monotonic() - self.begun) / self.written * (self.samples - self.so_far)
            said = f"{shards} of {of} shards, {self.so_far:,} of {self.samples:,} samples, about {left:.0f} s left"
            print(said, file=sys.stderr, flush=True)
