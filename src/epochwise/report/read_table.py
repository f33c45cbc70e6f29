"""A table of any tool as rows of epochs."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from epochwise.input_error import InputError
from epochwise.run.epochs_csv import RATE, STAGED, STAGES, Row

#: What is no score.
COUNTS = ("epoch", "step", "scored_step", "samples", "seconds", "events", "time")
#: What Hugging Face's Trainer writes of its own speed.
SPEED = re.compile(r"(train|eval|test)_(runtime|samples_per_second|steps_per_second)")


def column_names(header: Sequence[str]) -> dict[str, str]:
    """Say what each column of a table is called in ``epochs.csv``.

    Tables that are known: our own ``epochs.csv``; ``metrics.csv`` of Lightning's CSVLogger (names of one's own, with
    ``train`` or ``val`` before them, ``_step`` and ``_epoch`` behind them, ``lr-<optimizer>``); the log of Keras's
    CSVLogger (``loss`` and ``val_loss``); ``history.csv`` of fastai's (``train_loss``, ``valid_loss``, metrics of
    validation without a prefix, ``time``); the ``log_history`` of Hugging Face's Trainer as a table (``loss``,
    ``eval_loss``, ``learning_rate``).

    Args:
        header: the names in the file.

    Returns:
        Name in the file -> ours, such as ``val/loss``; a name without an entry is left out: a score of single steps
        that is there by the epoch too.
    """
    rates = [name for name in header if RATE.fullmatch(name)]
    any_stage = any(STAGED.fullmatch(name) for name in header)
    hugging_face = "eval_loss" in header and "loss" in header
    names: dict[str, str] = {}
    for name in header:
        base = re.sub(r"_epoch$", "", name)
        if name.endswith("_step") and f"{name.removesuffix('_step')}_epoch" in header:
            continue
        if hugging_face and (SPEED.fullmatch(name) or name == "train_loss"):  # the mean of the whole run
            continue
        if name in COUNTS:
            names[name] = "seconds" if name == "time" else name
        elif name in rates:
            part = RATE.fullmatch(name)
            names[name] = "lr" if len(rates) == 1 else f"lr/{(part and part[1]) or name}"
        elif staged := STAGED.fullmatch(base):
            names[name] = f"{STAGES[staged[1]]}/{staged[2] or staged[3]}"
        elif f"val_{name}" in header or f"eval_{name}" in header:
            names[name] = f"train/{name}"  # Keras, Hugging Face
        elif not any_stage and "loss" in header and "/" not in name:
            names[name] = f"train/{name}"  # Keras without validation
        elif "valid_loss" in header and "train_loss" in header:
            names[name] = f"val/{name}"  # fastai
        else:
            names[name] = name
    return names


MOST_BYTES, MOST_EPOCHS = 200_000_000, 1_000_000
TEXTS = ("events",)
KNOWN = "allowed: epochs.csv, or a table of Keras's, Lightning's or fastai's CSVLogger, or Hugging Face's log_history"


@dataclass
class Table:
    """What a file holds.

    Args:
        rows: one an epoch, from 0, without a gap; as those of ``epochs.csv``.
        test: scores of the test split, by name.
        names: of the columns, in the file -> ours.
        notes: what was taken for what, a line each, where it is not plain.
    """

    rows: list[Row] = field(default_factory=list)
    test: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read a table; see ``column_names`` for those that are known.

    Several rows of one epoch are one row, the last value of each column; what stands without an epoch (Lightning's
    learning rates) belongs to the next row that has one. Where epochs begin anew, training went on, and they are
    counted on.

    Raises:
        InputError: the file cannot be read, is no such table, or a score in it is no number.
    """
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise InputError(f"runs: {path} is no file of a table, or larger than {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
        return _Reader(path, text.splitlines()).table()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"runs: {path} cannot be read: {error}") from error


class _Reader:
    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path, self.lines = path, lines
        separator = max(",;\t", key=(lines[0] if lines else "").count)
        self.header = next(csv.reader(lines[:1], delimiter=separator), [])
        if "epoch" not in self.header:
            raise InputError(f"runs: {path} has no column 'epoch'; {KNOWN}")
        self.separator = separator
        self.read = Table(names=column_names(self.header))
        # Ours, and Hugging Face's; Lightning writes the index of the last step.
        self.counted_from_0 = "samples" in self.header or "eval_loss" in self.header

    def table(self) -> Table:
        rows: dict[int, Row] = {}
        waiting: Row = {}
        offset, last, anew = 0, -1, False
        for number, cells in self._cells():
            if cells["epoch"] == "epoch":  # fastai writes the header again where it appends
                anew = True
                continue
            values = self._values(number, cells)
            epoch = values.pop("epoch")
            if epoch is None:
                waiting |= {name: value for name, value in values.items() if value is not None}
                continue
            if self._is_test(values):
                continue
            epoch = self._epoch(number, epoch)
            if epoch + offset < last or (anew and epoch + offset <= last):
                self.read.notes.append(f"{self.path}: row {number}: epoch {epoch} again: training that went on")
                offset = last + 1 - epoch
                values["events"] = "resume"
            anew, last = False, epoch + offset
            if last >= MOST_EPOCHS:
                raise InputError(f"runs: {self.path}: row {number}: got epoch {last}, allowed: below {MOST_EPOCHS:,}")
            rows.setdefault(last, {"epoch": last})
            rows[last] |= waiting | {name: value for name, value in values.items() if value is not None}
            waiting = {}
        self.read.rows = self._without_gaps(rows)
        return self.read

    def _cells(self) -> Iterator[tuple[int, dict[str, str]]]:
        for number, cells in enumerate(csv.DictReader(self.lines, delimiter=self.separator), start=1):
            yield number, {name: (text or "").strip() for name, text in cells.items() if name is not None}

    def _values(self, number: int, cells: dict[str, str]) -> Row:
        values: Row = {"epoch": None}
        for name, ours in self.read.names.items():
            text = cells.get(name) or ""
            value = text if name in TEXTS else _number(text)
            if isinstance(value, str) and name not in TEXTS:
                raise InputError(f"runs: {self.path}: row {number}, {name}: got {text!r}, allowed: a number")
            if ours == "step" and not self.counted_from_0 and isinstance(value, (int, float)):
                value += 1
            if value not in (None, ""):
                values[ours] = value
        return values

    def _epoch(self, number: int, epoch: float | int | str) -> int:
        if isinstance(epoch, str) or epoch < 0 or not float(epoch).is_integer():
            raise InputError(f"runs: {self.path}: row {number}, epoch: got {epoch!r}, allowed: 0, 1, 2 ...")
        return int(epoch)

    def _is_test(self, values: Row) -> bool:
        """Take in a row of test scores alone, which stands behind the last epoch."""
        scores = {name: value for name, value in values.items() if name not in ("step", "samples", "seconds")}
        if not scores or not all(name.startswith("test/") for name in scores):
            return False
        self.read.test |= {name.removeprefix("test/"): float(value or 0) for name, value in scores.items()}
        return True

    def _without_gaps(self, rows: dict[int, Row]) -> list[Row]:
        if not rows:
            return []
        steps = [rows[epoch].get("step") for epoch in sorted(rows)[-2:]]
        trains = [any(name.startswith("train/") for name in rows[epoch]) for epoch in sorted(rows)[-2:]]
        if len(rows) > 1 and steps[0] == steps[1] is not None and trains == [True, False]:
            del rows[max(rows)]  # validated once more after training
        first = min(rows)
        if first == 1:
            self.read.notes.append(f"{self.path}: epochs are counted from 1 there, from 0 here")
        shift = 1 if first == 1 else 0
        return [rows.get(epoch, {}) | {"epoch": epoch - shift} for epoch in range(shift, max(rows) + 1)]


def _number(text: str) -> float | int | str | None:
    """A number; seconds from ``m:ss``; ``None`` for an empty cell and Keras's NA; a text that is neither as it is."""
    if text in ("", "NA", "None"):
        return None
    if re.fullmatch(r"(\d+:)?\d+:\d\d", text):
        return sum(int(part) * 60**place for place, part in enumerate(reversed(text.split(":"))))
    try:
        return int(text) if len(text) < 16 and text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return text
