"""From a config to a trained model and its run folder."""

from pathlib import Path
from time import perf_counter
from typing import Any

import lightning as L
from omegaconf import DictConfig

from epochwise.commands.assemble import Run, assemble
from epochwise.commands.best import load_best
from epochwise.commands.quiet import quiet
from epochwise.commands.told import tell_plan, tell_result
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.run.rank_processes import rank_processes
from epochwise.run.result import best_row, write_result
from epochwise.run.run_config import flat, write_run_config


def train(config: DictConfig) -> float | None:
    """Train one model: check, build, fit, test the best epoch, write the result.

    Args:
        config: a composed ``conf/train.yaml``.

    Returns:
        The best score, for whoever searches over runs; ``None`` where there is none.

    Raises:
        InputError: something in the config or the data cannot be used.
    """
    check(config)
    quiet()
    started = perf_counter()
    folder = Path(config.run_folder)
    L.seed_everything(config.seed, workers=True, verbose=False)
    try:
        run = assemble(config)
    except InputError:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()  # Hydra made it before anything was known of the data
        raise
    settings: dict[str, Any] = {}
    if run.trainer.is_global_zero:
        settings = flat(write_run_config(folder, run.config))
        tell_plan(run.config, run.data, run.task, folder)

    fields: dict[str, Any] = {"status": "failed", "reason": "", "monitor": config.monitor, "mode": config.mode}
    try:
        with rank_processes():
            fields |= fit_and_test(run)
    except BaseException as error:
        # Lightning turns Ctrl-C into an exit.
        interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
        fields |= {"status": "interrupted" if interrupted else "failed", "reason": f"{type(error).__name__}: {error}"}
        raise
    finally:
        best = best_row(run.epoch_log.rows, config.monitor, config.mode) or {}
        scores: dict[str, Any] = {"best_epoch": best.get("epoch"), "best_score": best.get(config.monitor), "test": {}}
        counts = {"epochs_run": len(run.epoch_log.rows), "steps": run.trainer.global_step}
        result = scores | fields | counts | {"seconds": round(perf_counter() - started, 3)}
        if run.trainer.is_global_zero:
            result = write_result(folder, **result)
    if run.trainer.is_global_zero:
        tell_loggers(run, settings, result)
        tell_result(result, run.epoch_log.rows, folder)
    return result["best_score"]


def fit_and_test(run: Run) -> dict[str, Any]:
    """Train, put the best weights back and test them. Returns the fields of the result that follow from it."""
    run.trainer.fit(run.task, datamodule=run.data)
    epochs = len(run.epoch_log.rows)
    fields: dict[str, Any] = {"status": "completed", "reason": f"trained all of its {epochs} epochs"}
    if reason := getattr(run.stopping, "reason", None):
        fields = {"status": "stopped_early", "reason": reason}
    if best := load_best(run.trainer, run.task):
        fields |= {"best_epoch": best[0], "best_score": best[1]}
    scores = run.trainer.test(run.task, datamodule=run.data, verbose=False)[0]
    return fields | {"test": {name.removeprefix("test/"): value for name, value in scores.items()}}


def tell_loggers(run: Run, settings: dict[str, Any], result: dict[str, Any]) -> None:
    """Hand settings and outcome to every logger; TensorBoard makes the row of its HPARAMS tab of them."""
    best = next((row for row in run.epoch_log.rows if row["epoch"] == result["best_epoch"]), None)
    loggers: list[Any] = run.trainer.loggers
    for logger in loggers:
        if hasattr(logger, "log_result") and best:
            test = {f"test/{name}": value for name, value in result["test"].items()}
            for axis in ("epoch", "step"):
                logger.log_axis(axis, test, best[axis])
            logger.log_result(settings, {"best_score": result["best_score"], "best_epoch": result["best_epoch"]})
        else:
            logger.log_hyperparams(settings)
