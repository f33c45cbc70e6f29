"""Write samples into shards, for data that does not fit into memory; data=stream trains on them.

    python -m epochwise.shards pictures/ shards/                   # a folder a class, or train/, val/, test/ of them
    python -m epochwise.shards pictures.csv shards/ picture=path   # a table of paths, with what is said of each
    python -m epochwise.shards rows.parquet shards/ target=price kind=number
    python -m epochwise.shards shards/                             # hold all shards against their checksums

The settings are those of data=image_folder, data=image_table and data=table: target, kind, separator, groups, dates,
texts, ignore_columns, on_missing, on_error, picture, root, split, val_fraction, test_fraction, split_seed, in_order;
and shard_mb=64, the size of a shard. What is interrupted, or killed, goes on by the same command.
"""

import re
import sys
from pathlib import Path
from typing import Any

from epochwise.input_error import InputError, allowed_names, existing_path, first_lines

CUT = ("val_fraction", "test_fraction", "split_seed", "in_order")
OF_A_TABLE = ("target", "kind", "separator", "groups")
#: What is read -> the class that reads it, and those of its settings that are for writing.
READERS = {
    "folder": ("epochwise.shards.picture_source.Folder", (*CUT, "on_error")),
    "paths": ("epochwise.shards.picture_source.PathTable", (*CUT, *OF_A_TABLE, "picture", "root", "split", "on_error")),
    "rows": ("epochwise.data.table.Table", (*CUT, *OF_A_TABLE, "ignore_columns", "dates", "texts", "on_missing")),
}


def main(words: list[str]) -> None:
    """Do what the words say.

    Args:
        words: SOURCE and DEST, or a folder of shards alone; and settings as KEY=VALUE.

    Raises:
        InputError: a word that cannot be used, or samples that cannot be written.
    """
    settings = [word for word in words if re.match(r"[A-Za-z_]\w*=", word)]
    places = [word for word in words if word not in settings]
    if not words or {"-h", "--help"} & set(words):
        print(str(__doc__).strip())
    elif flags := [word for word in words if word.startswith("-")]:
        raise InputError(*(f"{word}: no such flag; settings are KEY=VALUE, as shard_mb=64" for word in flags))
    elif len(places) == 1 and len(words) == 1:
        print(checked(places[0]))
    elif len(places) != 2:
        raise InputError(f"got {len(places)} paths; allowed: SOURCE DEST, or a folder of shards to check")
    else:
        print(made(places[0], places[1], settings))


def made(source: str, dest: str, settings: list[str]) -> str:
    """Write the shards; returns what is in the folder, in words, and the command that trains on it."""
    import shlex
    import shutil

    from epochwise.data.target import IN_WORDS
    from epochwise.shards.picture_source import Folder, PathTable, PictureSource
    from epochwise.shards.row_source import RowSource
    from epochwise.shards.write_shards import SCRATCH, Source, write_shards

    place, given = existing_path(source, "SOURCE"), _values(settings)
    shard_bytes = _shard_bytes(given.pop("shard_mb", 64))
    kind = "folder" if place.is_dir() else "paths" if "picture" in given else "rows"
    if kind != "folder" and place.suffix not in (".csv", ".parquet"):
        raise InputError(f"SOURCE={source}: not to be read; allowed: a folder of pictures, or a .csv or .parquet file")
    _check(kind, given)
    asked = given | {"shard_bytes": shard_bytes}

    def make() -> Source:
        try:
            if kind == "rows":
                from epochwise.data.table import Table

                return RowSource(Table(path=source, **given), Path(dest) / SCRATCH, shard_bytes)
            pictures = Folder(root=source, **given) if kind == "folder" else PathTable(path=source, **given)
            return PictureSource(pictures, shard_bytes)
        except InputError as error:
            raise InputError(*(line.removeprefix("data.") for line in error.lines)) from error

    folder, was_whole = write_shards(make, Path(dest), asked)
    shutil.rmtree(Path(dest) / SCRATCH, ignore_errors=True)
    if folder.skipped:
        print("\n".join(first_lines([f"left out: {line}" for line in folder.skipped])), file=sys.stderr)
    words = ["data=stream", f"data.path={dest}", IN_WORDS[folder.spec["target"]][1]]
    said = f"{dest}: {_said(folder)}{', written before' if was_whole else ''}"
    return f"{said}\nnext: python train.py {shlex.join(words)}"


def checked(path: str) -> str:
    """Hold every shard of a folder against its checksum; returns what is in it, in words.

    Raises:
        InputError: a line for each shard that was damaged.
    """
    from epochwise.data.shards.shard_folder import checksum, read_shard_folder

    folder = read_shard_folder(path, "DEST")
    shards = [shard for each in folder.splits.values() for shard in each]
    wrong = [shard.file for shard in shards if checksum(folder.path / shard.file) != shard.crc32]
    if wrong:
        raise InputError(*first_lines([f"{folder.path / file}: damaged, its checksum is another" for file in wrong]))
    return f"{path}: {_said(folder)}, all as they were written"


def _said(folder: Any) -> str:
    counts = ", ".join(f"{folder.num_samples(split):,} {split}" for split in folder.splits)
    shards = [shard for each in folder.splits.values() for shard in each]
    return f"{counts} samples in {len(shards)} shards, {sum(shard.bytes for shard in shards) / 1e6:,.1f} MB"


def _values(settings: list[str]) -> dict[str, Any]:
    import yaml

    found = {}
    for word in settings:
        key, _, value = word.partition("=")
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise InputError(f"{key}: got {value!r}, allowed: a value as in YAML") from None
    return found


def _shard_bytes(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:
        raise InputError(f"shard_mb: got {given!r}, allowed: a number above 0, in MB")
    return max(1, int(given * 1_000_000))


def _check(kind: str, given: dict[str, Any]) -> None:
    from epochwise.config.node import check_node

    target, names = READERS[kind]
    unknown = [f"{key}: no such setting{allowed_names(key, [*names, 'shard_mb'])}" for key in given if key not in names]
    if faults := unknown or list(check_node("", {"_target_": target, **given}).values()):
        raise InputError(*faults)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        raise SystemExit(130) from None
