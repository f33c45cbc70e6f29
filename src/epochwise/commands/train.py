"""From a config to a trained model and its run folder."""

import json
from contextlib import ExitStack, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import lightning as L
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from epochwise.commands.assemble import Run, assemble
from epochwise.commands.find import find
from epochwise.commands.run_result import run_report, run_result
from epochwise.commands.run_text import run_plan, tell_plan, tell_result
from epochwise.config.check import check
from epochwise.data.pictures.picture_sheet import picture_sheet
from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.device.process_settings import keep_freed_memory, look_for_no_gpu
from epochwise.loggers.continued import go_on_with_loggers
from epochwise.report.terminal import quiet
from epochwise.resume.claim import claim
from epochwise.resume.going_on import GoingOn
from epochwise.resume.other_batches import other_batches
from epochwise.resume.restore import load_best
from epochwise.run.checkpoints import BeforeCooldown
from epochwise.run.interrupts import Diverged, Interrupted
from epochwise.run.rank_processes import lost_rank, rank_processes
from epochwise.run.result import fit_end, write_result
from epochwise.run.run_config import flat, plain_config, write_run_config
from epochwise.run.run_folder import whole_file
from epochwise.sweep.job import is_drawn_later
from epochwise.trust.run_config import go_on_notes, go_on_words


def train(config: DictConfig, alone: bool = True) -> float | None:
    """Train one model: check, build, fit, test the best epoch, write the result.

    Args:
        config: a composed ``conf/train.yaml``.
        alone: whether the words at the end say what its curve means; not where runs are compared by their ends.

    Returns:
        The best score, for whoever searches over runs; ``None`` where there is none.

    Raises:
        InputError: something in the config or the data cannot be used.
        Interrupted: a signal asked the run to end; it can be continued.
    """
    notes = check(config)
    quiet()
    look_for_no_gpu()
    keep_freed_memory()
    started = perf_counter()
    folder = Path(config.run_folder)
    with claim(folder, config.get("resume")) as checkpoint, ExitStack() as at_the_end:
        L.seed_everything(config.seed, workers=True, verbose=False)
        going_on = GoingOn(folder, checkpoint) if checkpoint and (folder / "config.yaml").exists() else None
        run = assemble(config, checkpoint is not None, going_on)
        if going_on:
            notes += other_batches(run, going_on)
            going_on.checkpoint = {}  # its file will be replaced, and would stay on the disk
        plan = run_plan(run)
        settings: dict[str, Any] = {}
        words: list[str] = []
        if run.trainer.is_global_zero:
            changed = going_on.lines() if going_on else []
            words = go_on_words(plain_config(run.config), folder)
            notes += go_on_notes(words)
            tell_plan(run.config, run.data, run.task, plan, folder, checkpoint, [*run.notes, *notes], changed)
        if config.get("dry_run"):
            if run.trainer.is_global_zero:
                with whole_file(folder / "plan.json") as file:
                    json.dump(plan, file, indent=2)
            return None
        if what := config.get("find"):
            find(run, what)
            return None
        ended: dict[str, Any] = {"status": "failed", "reason": ""}
        run.interrupts.listen()
        at_the_end.callback(run.interrupts.leave)
        try:
            if run.trainer.is_global_zero:
                if going_on and going_on.is_stretched:
                    BeforeCooldown(folder).put_back()
                written = write_run_config(folder, run.config)
                settings = flat({key: value for key, value in written.items() if key != "changes"})
                if checkpoint:
                    go_on_with_loggers(run.trainer.loggers, checkpoint)
                if config.get("report") is not False:
                    show_pictures(run.data, folder)
            with rank_processes():
                ended |= fit_and_test(run, checkpoint)
        except BaseException as error:
            told = run.interrupts.explains(error)
            ends = Interrupted(run.interrupts.asked, run.trainer.global_rank) if told else error
            ended |= {"status": "interrupted" if isinstance(ends, Interrupted) else "failed"}
            ended["reason"] = f"{type(ends).__name__}: {ends} ({run.position})"
            if isinstance(error, Diverged):
                ended["reason"] = error.reason
            elif not told and (lost := lost_rank(error)):
                ended["reason"] = f"{lost} ({run.position})"
            if told:
                raise ends from None
            raise
        finally:
            result = run_result(run, ended, plan, perf_counter() - started)
            later = config.get("report") is not False and is_drawn_later()
            if run.trainer.is_global_zero:
                with suppress(OSError):  # that of a disk which takes no more is being told already
                    result = write_result(folder, **result)
                    if config.get("report") is not False and not later:
                        run_report(folder)
                tell_result(result, run.epoch_log.rows, folder, words, alone, later)
        if run.trainer.is_global_zero:
            tell_loggers(run, settings, result)
    if run.interrupts.asked and HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
        raise Interrupted(run.interrupts.asked, run.trainer.global_rank)  # this job was done; the next is not to begin
    if result["status"] == "failed":
        raise SystemExit(1)
    score: float | None = result["best_score"]
    return score


def fit_and_test(run: Run, checkpoint: Path | None) -> dict[str, Any]:
    """Train, put the best weights back and test them. Returns the fields of the result that follow from it."""
    trainer = run.trainer
    trainer.fit(run.task, datamodule=run.data, ckpt_path=checkpoint and str(checkpoint), weights_only=True)
    epochs = len(run.epoch_log.rows)
    max_time = run.config.trainer.get("max_time")
    fields: dict[str, Any] = fit_end(trainer, epochs, max_time)
    begun = getattr(run.stopping, "cooldown_epoch", None)
    if begun and fields["reason"].startswith("trainer.max_time="):
        fields["reason"] += f", and cut the cool-down short that began with epoch {begun}"
    fields["tested_epoch"] = epochs - 1
    monitor, mode = run.config.monitor, run.config.mode
    if best := load_best(trainer, run.task, monitor, mode):
        fields["tested_epoch"] = best.epoch
        if (best.monitor, best.mode) == (monitor, mode):  # else the rows say which epoch was the best
            fields |= {"best_epoch": best.epoch, "best_step": best.step, "best_score": best.score}
    if trainer.limit_test_batches == 0:
        return fields | {"tested_epoch": None}  # one of many runs, of which the choice is not to know the test split
    scores = trainer.test(run.task, datamodule=run.data, verbose=False)[0]
    return fields | {"test": {name.removeprefix("test/"): value for name, value in scores.items()}}


def show_pictures(data: Any, folder: Path) -> None:
    """Write ``pictures.png``, once: some training pictures as the network gets them, for people and the report."""
    path, spec = folder / "pictures.png", getattr(data, "spec", None)
    if path.exists() or not isinstance(data, BatchedDataModule) or not (spec and spec.is_picture):
        return
    sheet = picture_sheet(data)
    with whole_file(path, "wb") as file:
        file.write(sheet)


def tell_loggers(run: Run, settings: dict[str, Any], result: dict[str, Any]) -> None:
    """Hand settings and outcome to every logger; TensorBoard makes the row of its HPARAMS tab of them."""
    loggers: list[Any] = run.trainer.loggers
    for logger in loggers:
        if hasattr(logger, "log_result") and result["best_epoch"] is not None:
            test = {f"test/{name}": value for name, value in result["test"].items()}
            logger.log_axis("epoch", test, result["tested_epoch"])
            logger.log_axis("step", test, result["best_step"])
            logger.log_result(settings, {"best_score": result["best_score"], "best_epoch": result["best_epoch"]})
        else:
            logger.log_hyperparams(settings)
