"""The loggers of libraries, where a run goes on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger, MLFlowLogger, TensorBoardLogger

from epochwise.input_error import InputError
from epochwise.loggers.csv_rows import go_on_with_csv
from epochwise.loggers.event_files import rewind_events
from epochwise.loggers.mlflow_run import go_on_with_mlflow


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
