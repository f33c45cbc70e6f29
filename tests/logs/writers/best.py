"""Where the writers put their logs, and best.csv beside them: what each tool itself called the best of its run."""

import csv
import os
import shutil
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

WRITTEN = Path(__file__).resolve().parents[1] / "written"
COLUMNS = (
    "file", "tool", "version", "says", "value", "counted_from", "best_epoch", "score", "score_name", "mode", "epochs",
)  # fmt: skip


@contextmanager
def logs_of(name):
    """An empty folder ``written/NAME``, while the process trains in a temporary one; its rows of best.csv go first."""
    folder = WRITTEN / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _rewrite(lambda row: not row["file"].startswith(f"{name}/"))
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as elsewhere:
        os.chdir(elsewhere)
        try:
            yield folder
        finally:
            os.chdir(before)


def says(file, package, name, value, *, number, counted_from, score, score_name, mode, epochs):
    """Write a row of best.csv.

    Args:
        file: the log, a path below ``written/``.
        package: what wrote it, as it is installed; its version is looked up.
        name: the tool's own name for the best, such as ``early_stopping.best_epoch``.
        value: what stood there.
        number: the epoch or round in ``value``.
        counted_from: what the tool calls the first epoch or round, 0 or 1.
        score: the best score, as the tool has it; None if it does not say.
        score_name: the column it was judged by.
        mode: ``min`` or ``max``.
        epochs: how many epochs or rounds were trained.
    """
    if not (WRITTEN / file).exists():
        raise FileNotFoundError(file)
    held = "" if score is None else float(score)
    best = int(number) - counted_from
    row = (file, package, version(package), name, value, counted_from, best, held, score_name, mode, epochs)
    _rewrite(lambda other: other["file"] != str(file), dict(zip(COLUMNS, map(str, row), strict=True)))


def without_host(folder):
    """Rename the event files of a folder tree, whose names hold when, on which host and in which process they began."""
    for path in sorted(folder.rglob("events.out.tfevents.*")):
        end = ".v2" if path.suffix == ".v2" else ""
        path.rename(path.with_name(f"events.out.tfevents.1700000000.host.1.0{end}"))


def _rewrite(keep, *rows):
    path = WRITTEN / "best.csv"
    held = list(csv.DictReader(path.open(newline=""))) if path.exists() else []
    held = sorted([row for row in held if keep(row)] + list(rows), key=lambda row: row["file"])
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(held)
