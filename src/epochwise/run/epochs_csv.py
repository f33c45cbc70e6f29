"""Rows of ``epochs.csv``: their columns and events, and the best of them."""

import csv
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from epochwise.run.run_folder import whole_file

STAGES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
#: ``val/loss``, ``val_loss``, and what Lightning makes of it where there are several loaders.
STAGED = re.compile(rf"({'|'.join(STAGES)})(?:/(.+)|_([^/]+(?:/dataloader_idx_\d+)?))")
#: A learning rate: ``lr``, ``learning_rate``, ``LR``, ``lr-AdamW/pg1`` (Lightning), ``train/learning_rate`` (what
#: Hugging Face sends to loggers), ``lr_0``; but not the momentum that Lightning's monitor logs beside it.
RATE = re.compile(r"(?:.*[/.])?(?:base_)?(?:lr|learning[ _]?rate)(?:[-/_.](?!.*(?:momentum|weight_decay)$)(.+))?", re.I)
TRAINING = re.compile(r"train(?:ing)?[/_](?!eval/)")


def is_of_training(name: str) -> bool:
    """Whether a score is one of training, and not measured in a validation: ``train/loss``, ``train_loss``."""
    return TRAINING.match(name) is not None


def staged(name: str) -> str | None:
    """``val/loss`` for ``val_loss``, ``valid/loss``, ``validation_loss``; None where a name has no stage."""
    found = STAGED.fullmatch(name)
    return f"{STAGES[found[1]]}/{found[2] or found[3]}" if found and not name.startswith("train_eval/") else None


def score_names(names: Iterable[str], stage: str, validated: Collection[str] = ()) -> dict[str, str]:
    """Say what each score is called in ``epochs.csv``.

    Args:
        names: as they were logged.
        stage: in which: ``train`` or ``val``.
        validated: names that validation logs, as they were logged.

    Returns:
        Name as logged -> ours. One without a stage gets that of validation where it was logged there, and that of
        training where it is ``loss`` or validation logs the same name; others, such as ``grad_norm``, stay. Of two that
        would be called alike, the second keeps its own.
    """
    found: dict[str, str] = {}
    for name in names:
        ours = staged(name)
        if ours is None:
            twice = name == "loss" or name in validated
            ours = f"{stage}/{name}" if stage == "val" or twice else name
        found[name] = name if ours in found.values() else ours
    return found


def newer(metrics: Mapping[str, Any], than: Mapping[str, Any]) -> dict[str, Any]:
    """Of what Lightning keeps of all that was logged, name -> tensor, that whose tensor is another than before."""
    return {name: value for name, value in metrics.items() if value is not than.get(name)}


def scalars(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Plain numbers, without the epoch that Lightning adds and the copies it makes of scores logged both ways."""
    doubled = {f"{name}{kind}" for name in metrics for kind in ("_step", "_epoch")}
    return {name: float(value) for name, value in metrics.items() if name != "epoch" and name not in doubled}


def epoch_events(trainer: Any, rates: Mapping[str, float], before: Mapping[str, Any], resumed: bool) -> list[str]:
    """Name what happened in the epoch that ends.

    Args:
        trainer: with its schedules, and with callbacks that may know ``events`` of an epoch of their own.
        rates: the learning rates of the epoch, by column.
        before: the row of the epoch before; empty for the first one.
        resumed: whether the run went on from a checkpoint within or before this epoch.

    Returns:
        Of ``resume``, the callbacks' own (``unfreeze``, ``freeze``, ``optimizer``, ``schedule``), ``lr_drop``,
        ``cooldown`` and ``stop`` those that happened, in this order.
    """
    epoch, schedules = trainer.current_epoch, trainer.lr_scheduler_configs
    of_schedule = epoch - getattr(trainer.lightning_module, "schedule_from_epoch", 0)
    # A rate that moves every step has no drops, one that is set by the epoch has.
    by_epoch = any(schedule.interval == "epoch" for schedule in schedules)
    told = [event for callback in trainer.callbacks if hasattr(callback, "events") for event in callback.events(epoch)]
    names = {
        "lr_drop": by_epoch and any(0 < rate < float(before.get(name) or 0) for name, rate in rates.items()),
        # One that Lightning does not step is in other epochs than the run, as where it goes with the time.
        "cooldown": any(
            of_schedule == getattr(each.scheduler, "cooldown_epochs", (None,))[0] and each.frequency == 1
            for each in schedules
        ),
        "stop": trainer.should_stop,
    }
    return ["resume"] * resumed + told + [name for name, happened in names.items() if happened]


Row = dict[str, float | int | str | None]


def write_epochs_csv(path: Path, rows: list[Row]) -> None:
    """Write all rows, whole or not at all; what a row lacks stays empty.

    Columns: the epoch's counts, learning rates, train, val, whatever else was logged, seconds by phase, ``events``.

    Args:
        path: the file, ``epochs.csv`` of a run folder.
        rows: one an epoch; numbers are written in full, so that reading gives the same ones.
    """
    GrowingCsv(path).write(rows)


class GrowingCsv:
    """A file that is written at each of its rows, as ``write_epochs_csv`` would: the rows before are kept as text.

    Made anew a thousand rows take longer than an epoch of a small network.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.columns: list[str] = []
        self.lines: list[str] = []

    def write(self, rows: list[Row]) -> None:
        """Write all rows, whole or not at all.

        Args:
            rows: those of before and others; a row that is changed is to be another mapping.
        """
        pairs = enumerate(zip(self.rows, rows, strict=False))
        same = next((index for index, (old, new) in pairs if old is not new), min(len(self.rows), len(rows)))
        if same < len(self.rows) or any(name not in self.columns for row in rows[same:] for name in row):
            columns = _columns(rows)
            same, self.columns = same if columns == self.columns else 0, columns
        new = [_line([row.get(name) for name in self.columns]) for row in rows[same:]]
        self.rows, self.lines = list(rows), [*self.lines[:same], *new]
        with whole_file(self.path) as file:
            file.writelines([_line(self.columns), *self.lines])


def _line(cells: Sequence[Any]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _columns(rows: list[Row]) -> list[str]:
    return sorted(dict.fromkeys(name for row in rows for name in row), key=_place)  # equals stay in their order


def read_epochs_csv(path: Path) -> list[Row]:
    """Read what ``write_epochs_csv`` wrote: whole numbers as int, others as float, empty cells as ``None``."""
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _place(column: str) -> int:
    last = ("seconds/", "events")
    starts = ("epoch", "step", "scored_step", "samples", "seconds", "lr", "train/", "train_eval/", "val/", "", *last)
    return starts.index(next(start for start in (*last, *starts) if column.startswith(start)))


def _value(text: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


MOST = 2**53  # steps and samples: whole numbers that a float holds too


def is_count(value: Any) -> bool:
    """Whether it is a whole number of epochs, steps or samples."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST


def best_row(rows: Sequence[Row], monitor: str, mode: str) -> Row | None:
    """The row with the best score, the first of equals; ``None`` where no row has one that is a number."""
    scored = [row for row in rows if isinstance(score := row.get(monitor), (int, float)) and math.isfinite(score)]
    sign = 1.0 if mode == "min" else -1.0
    return min(scored, key=lambda row: sign * float(row[monitor] or 0.0), default=None)
