"""Texts of tables and of folders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from epochwise.data.tables.read_table import check_columns
from epochwise.input_error import InputError, existing_path

SPLITS = ("train", "val", "test")
#: What people call the splits, and what they are called here.
CALLED = {"train": "train", "val": "val", "validation": "val", "valid": "val", "dev": "val", "test": "test"}
#: Names of samples read from files stand in this column.
NAME = "name of the file"


def _csv(path: Path, text: str) -> pd.DataFrame:
    frame = pd.read_csv(path)
    if text in frame:  # of which every letter counts: 'NA' is a text, too, and 2020 no number
        frame[text] = pd.read_csv(path, usecols=[text], dtype=str, keep_default_na=False)[text]
    return frame


def _json_lines(path: Path, text: str) -> pd.DataFrame:
    rows = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            try:
                rows += [json.loads(line)] if line.strip() else []  # pandas' reader would make dates of texts
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number}: {error.msg.removesuffix(' at')} at letter {error.colno}") from error
            if rows and not isinstance(rows[-1], dict):
                raise ValueError(f"line {number}: no JSON object")
    return pd.DataFrame(rows)


READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    ".csv": _csv,
    ".parquet": lambda path, text: pd.read_parquet(path),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}


def read_texts(path: str, key: str, text: str, label: str | None = None) -> dict[str, pd.DataFrame]:
    """Read texts from wherever they lie.

    Args:
        path: a table, ``.csv``, ``.parquet`` or ``.jsonl`` (a JSON object a line); a ``.txt`` file, one text; a folder
            of such; or a folder with ``train``, and perhaps ``val`` and ``test``, each a table or a folder.
        key: where the path was given, for the message.
        text: the column of the texts.
        label: where it is given, a folder of ``.txt`` files has one folder for each class, whose name stands in the
            column of this name.

    Returns:
        A table for each published split, at least ``train``, each row a text. What lay in files has its path in the
        folder, without suffix, in the column ``NAME``.

    Raises:
        InputError: nothing is there, it cannot be read, there is no such column, a text is empty or no text.
    """
    place = existing_path(path, key)
    if place.is_file():
        return {"train": checked(_read_file(place, key, text), text, place, key)}
    published = {split: found for split in SPLITS if (found := _of_split(place, split)) is not None}
    if "train" not in published:
        return {"train": checked(_read_folder(place, key, text, label), text, place, key)}
    return {
        split: checked(
            _read_file(found, key, text) if found.is_file() else _read_folder(found, key, text, label), text, found, key
        )
        for split, found in published.items()
    }


def _of_split(folder: Path, split: str) -> Path | None:
    words = [word for word, meant in CALLED.items() if meant == split]
    places = [folder / f"{word}{suffix}" for word in words for suffix in ("", *READERS, ".txt")]
    return next((place for place in places if place.exists()), None)


def _read_file(path: Path, key: str, text: str) -> pd.DataFrame:
    if path.suffix.lower() == ".txt":
        return pd.DataFrame({text: [_read_txt(path)], NAME: [path.stem]})
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{key}={path}: not a file of texts; allowed: {', '.join(READERS)}, .txt, or a folder")
    try:
        frame = reader(path, text)
    except (ValueError, OSError) as error:
        raise InputError(f"{key}={path}: not a readable table ({' '.join(str(error).split())})") from error
    return frame.reset_index(drop=True)


def _read_folder(folder: Path, key: str, text: str, label: str | None) -> pd.DataFrame:
    files = sorted(file for file in folder.rglob("*.txt") if not file.name.startswith("."))
    names = [str(file.relative_to(folder).with_suffix("")) for file in files]
    found: dict[str, Any] = {text: [_read_txt(file) for file in files], NAME: names}
    if not files:
        raise InputError(f"{key}={folder}: no .txt file in this folder")
    if label is not None:
        loose = [name for name in names if "/" not in name]
        if loose:
            raise InputError(
                f"{key}={folder}: {loose[0]}.txt stands in no folder of a class; allowed: "
                f"{folder.name}/CLASS/*.txt; without classes: data.kind=tokens task=language_model"
            )
        found[label] = [name.partition("/")[0] for name in names]
    return pd.DataFrame(found)


def _read_txt(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable text in UTF-8 ({error})") from error


def checked(frame: pd.DataFrame, text: str, path: Path | str, key: str) -> pd.DataFrame:
    """The table itself, when it has rows and each has a text.

    Args:
        frame: to look at.
        text: the column of the texts.
        path: where it came from, or its split, for the message.
        key: where that was given.

    Raises:
        InputError: no row, no such column, a text that is empty or no text.
    """
    if frame.empty:
        raise InputError(f"{key}={path}: no row in it")
    check_columns(frame, [("text", text)])
    for row, given in enumerate(frame[text]):
        if not isinstance(given, str) or not given.strip():
            what = "is empty" if isinstance(given, str) or given is None or given != given else f"holds {given!r}"
            name = frame[NAME][row] + ".txt" if NAME in frame else f"row {row} (counted from 0)"
            raise InputError(f"data: the text {text!r} {what} in {name}; allowed: texts")
    return frame
