"""Loggers that go on where a checkpoint stands."""

import csv
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger, MLFlowLogger, TensorBoardLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter

from epochwise.input_error import InputError
from epochwise.loggers.tensorboard import rewind_events
from epochwise.run.run_folder import whole_file


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


MOST = 1000  # metrics that MLflow takes at once
#: A tag of the copy: the run that the checkpoint names.
CONTINUES = "continues"


def go_on_with_mlflow(logger: Any, run_id: str, steps: int, due: dict[str, float]) -> None:
    """Have the logger go on with a run up to a point.

    MLflow takes back no points and lets no parameter change, so where there are any the run is copied up to there, and
    the one before deleted (``mlflow gc`` removes it for good).

    Args:
        logger: Lightning's MLFlowLogger, that has not yet written anything.
        run_id: of the run when the checkpoint was written.
        steps: points of x below this many stay.
        due: the row of an epoch's end that was to follow at the last of them, where it is not there.

    Raises:
        InputError: there is no such run.
    """
    from mlflow.exceptions import MlflowException  # an extra

    client = logger._mlflow_client
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise InputError(f"loggers.mlflow: {logger._tracking_uri} has no run {run_id} to go on with") from error
    copies = client.search_runs([run.info.experiment_id], f"tags.{CONTINUES} = '{run_id}'")
    if run.info.lifecycle_stage == "deleted" and copies:
        run, copies = copies[0], copies[1:]  # it was gone on with, and killed before a checkpoint
    for copy in copies:  # not whole: what it was copied from is still there
        client.delete_run(copy.info.run_id)
    points = [point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name)]
    kept = [point for point in points if point.step < steps]
    if len(kept) < len(points) or run.data.params:
        tags = {name: value for name, value in run.data.tags.items() if name != CONTINUES}
        copy = client.create_run(run.info.experiment_id, run.info.start_time, {**tags, CONTINUES: run_id})
        for start in range(0, len(kept), MOST):
            client.log_batch(copy.info.run_id, kept[start : start + MOST])
        client.delete_run(run.info.run_id)
        run = copy
    client.update_run(run.info.run_id, "RUNNING")
    logger._run_id = run.info.run_id
    there = {(point.key, point.step) for point in kept}
    if due and not all((name, steps - 1) in there for name in due):
        logger.log_metrics(due, steps - 1)


class Continued(L.Callback):
    """Keep in each checkpoint what the loggers of libraries need to go on from it (``go_on_with_loggers``).

    That is which run or version each has, and the row of an epoch's end: Lightning logs it when the checkpoint of the
    epoch has been written, and a process may be killed between the two.
    """

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        progress: Any = trainer.fit_loop.epoch_progress.current
        due: dict[str, float] = {}
        if trainer.training and progress.processed > progress.completed:
            logged = trainer._logger_connector.metrics["log"]  # on every rank: it may gather
            due = {name: float(value) for name, value in logged.items()} | {"epoch": trainer.current_epoch}
        if trainer.is_global_zero:
            versions = [[type(logger).__name__, logger.version] for logger in trainer.loggers]
            checkpoint["loggers"] = {"versions": versions, "due": due}


def go_on_with_loggers(loggers: Iterable[Any], checkpoint: Path) -> None:
    """Have each logger hold one run, no point twice and none missing, however often it went on.

    What was logged behind the checkpoint is taken back. A logger with a ``rewind`` of its own is left to the run's
    ``EpochLog``.

    Args:
        loggers: of the run, that have not yet written anything.
        checkpoint: what it goes on from.
    """
    kept = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    steps = int(kept["loops"]["fit_loop"].get("epoch_loop.state_dict", {}).get("_batches_that_stepped", 0))
    versions = dict(kept.get("loggers", {}).get("versions", []))
    due = kept.get("loggers", {}).get("due", {})
    for logger in loggers:
        version = versions.get(type(logger).__name__)
        if hasattr(logger, "rewind"):
            continue
        if isinstance(logger, MLFlowLogger):
            if version is not None:
                go_on_with_mlflow(logger, version, steps, due)
            continue
        if isinstance(version, int) and getattr(logger, "_version", 0) is None:  # else a next one
            logger._version = version
        if isinstance(logger, CSVLogger):
            go_on_with_csv(logger, steps, due)
        elif isinstance(logger, TensorBoardLogger):
            rewind_events(Path(logger.log_dir), {"step": steps - 1})


def check_loggers(loggers: Iterable[Any], names: Iterable[str]) -> None:
    """Raise InputError for a logger that cannot take back what it logged behind a checkpoint.

    Args:
        loggers: of a run that goes on.
        names: theirs in the config.
    """
    able = (CSVLogger, MLFlowLogger, TensorBoardLogger)
    for logger, name in zip(loggers, names, strict=False):
        if not isinstance(logger, able) and not hasattr(logger, "rewind"):
            raise InputError(
                f"loggers.{name}: {type(logger).__name__} cannot take back what it logged behind the checkpoint: "
                f"points would stand twice; allowed: ~loggers.{name}, or a logger with a rewind"
            )
