"""The table of Lightning's CSVLogger, taken back to an earlier point of a run."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter

from epochwise.run.whole_file import whole_file


def go_on_with_csv(logger: CSVLogger, steps: int, due: dict[str, Any]) -> None:
    """Keep the rows up to a point, and have the logger write behind them; by itself it deletes them.

    Args:
        logger: that has not yet written anything.
        steps: rows of x below this many stay.
        due: the row of an epoch's end that was to follow at the last of them, where it is not there.
    """
    path = Path(logger.log_dir) / ExperimentWriter.NAME_METRICS_FILE
    names, rows = _read(path) if path.is_file() else ([], [])
    rows = [row for row in rows if int(row["step"]) < steps]
    if path.is_file():
        with whole_file(path) as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    with TemporaryDirectory() as empty:  # its constructor deletes what it finds
        experiment = ExperimentWriter(empty)
    experiment.log_dir, experiment.metrics_file_path, experiment.metrics_keys = logger.log_dir, str(path), names
    path.parent.mkdir(parents=True, exist_ok=True)
    logger._experiment = experiment
    if due and not any(int(row["step"]) == steps - 1 and all(row.get(name) for name in due) for row in rows):
        logger.log_metrics(due, steps - 1)


def _read(path: Path) -> tuple[list[str], list[dict[str, Any]]]:
    with open(path, newline="", encoding="utf-8") as file:
        lines = file.readlines()
    if lines and not lines[-1].endswith("\n"):
        del lines[-1]  # half-written when the process was killed
    reader = csv.DictReader(lines)
    return list(reader.fieldnames or []), list(reader)
