"""From one setting to a count of epochs that holds over folds."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from epochwise.commands.budget import one_epoch
from epochwise.commands.check_jobs import check_data, check_refit
from epochwise.config.resolve import resolve
from epochwise.input_error import InputError
from epochwise.report.read_runs import ReportRun, read_runs
from epochwise.report.terminal import counted, shown, tell
from epochwise.rules.monitor import no_curves
from epochwise.run.run_folder import finite, whole_file
from epochwise.source.signature import signature
from epochwise.sweep.draw_sweep import write_sweep_csv, write_sweep_report
from epochwise.sweep.job import of_one_job
from epochwise.sweep.read_jobs import Job, outcome, read_jobs, sweep_rows
from epochwise.sweep.refit import not_carried, refit_overrides

from hydra_plugins.epochwise.command_sweeper import CommandSweeper


def crossval(config: DictConfig, overrides: list[str], sweeper: CommandSweeper) -> None:
    """Train every fold, choose a count of epochs, and train on all of the data for it where that is asked for.

    Args:
        config: a composed ``conf/crossval.yaml`` with Hydra's own node.
        overrides: of the command line.
        sweeper: runs jobs.

    Raises:
        InputError: the data cannot be read or cut into the folds, no epoch was scored in every fold, what is asked for
            trains no whole curves, or a refit is asked for that can't follow from the folds.
        SystemExit: with code 1, a job failed.
    """
    if faults := no_curves(config, "crossval.py"):
        raise InputError(*faults)
    folder = Path(config.hydra.sweep.dir)
    shared = of_one_job(overrides)
    repeats = config.splitter.get("n_repeats", 1)
    num_folds = config.splitter.n_splits * repeats
    fold = sweeper.compose([*shared, "data.fold=0"])
    refused = _not_carried(fold)
    if config.refit and refused:
        raise InputError(*refused)
    everything = sweeper.compose([*shared, "data.fold=null"])
    data = check_data(everything)
    if all(job.record.status != "finished" for job in read_jobs(folder)):
        cut = check_data(fold)
        if config.refit:
            check_refit(fold, everything, cut, data, shared, sweeper.compose)
    sweeper.launch([[*shared, f"data.fold={fold}", f"hydra.sweep.subdir=fold-{fold}"] for fold in range(num_folds)], 0)
    folds = [job for job in _finished(folder) if job.folder.name.startswith("fold-")]
    if config.get("dry_run"):
        return
    write_sweep_csv(folder / "folds.csv", sweep_rows(folds))
    runs = read_runs([job.folder for job in folds])
    found = outcome(runs, config.monitor, config.mode, *_epoch_of_all(everything, data, runs), repeats)
    _write(folder, found)
    if config.refit:
        refit = refit_overrides(fold, shared, sweeper.compose, found["all"], config.refit == "smallest")
        sweeper.launch([[*refit, "hydra.sweep.subdir=refit"]], num_folds)
        (run,) = (job for job in _finished(folder) if job.folder.name == "refit")
        found["refit"] = {"epochs": run.result["epochs_run"], "folder": "refit", "test": run.result["test"]}
        _write(folder, found)
    page = write_sweep_report(folder, runs) if config.get("report") is not False else None
    print()
    tell(_lines(found, config, num_folds, shared, refused) | {"result": shown(folder / "crossval.json")})
    if page:
        tell({"report": shown(page)})


def _not_carried(config: DictConfig) -> list[str]:
    """Why there can be no refit."""
    tree = resolve(config).tree
    known = signature(config.scheduler["_target_"])
    return not_carried(tree, by_step=known is not None and "steps_per_epoch" in known.parameters)


def _epoch_of_all(config: DictConfig, data: Any, runs: Sequence[ReportRun]) -> tuple[int, int]:
    """Samples and optimizer steps of an epoch on all of the data, by as many processes as the folds had."""
    each = one_epoch(config, data, 1).samples_per_step
    world_size = runs[0].result["plan"]["samples_per_step"] // each
    return data.num_samples["train"], one_epoch(config, data, world_size).steps_per_epoch


def _finished(folder: Path) -> list[Job]:
    """The jobs so far; where one failed, say which, and end."""
    jobs = read_jobs(folder)
    failed = [job for job in jobs if job.record.status != "finished"]
    if failed:
        reasons = {job.folder.name: job.record.reason or job.record.status for job in failed}
        print()
        tell({"failed": f"{len(failed)} of {len(jobs)} jobs; the same command runs them again"} | reasons)
        raise SystemExit(1)
    return jobs


def _write(folder: Path, found: dict[str, Any]) -> None:
    with whole_file(folder / "crossval.json") as file:
        json.dump(finite(found), file, indent=2, allow_nan=False)
        file.write("\n")


def _lines(
    found: dict[str, Any], config: DictConfig, num_folds: int, shared: list[str], refused: list[str]
) -> dict[str, str]:
    folds, everything = found["folds"], found["all"]
    count, low, high = (folds["epochs"][key] for key in ("value", "low", "high"))
    all_count, all_low = (everything["epochs"][key] for key in ("value", "low"))
    splitter = config.splitter["_target_"].rpartition(".")[2]
    samples, all_samples = f"{folds['samples']:,.0f}", f"{everything['samples']:,}"
    score = f"{found['monitor']} {folds['mean']:.4f}, standard error {folds['stderr']:.4f}"
    lines = {
        "folds": f"{num_folds} of {splitter}, {samples} samples each, {folds['max_epochs']:g} epochs",
        "best count": f"{counted(count, 'epoch')} ({score}); {low} to {high} are within it",
        "on all": f"{counted(all_count, 'epoch')} ({all_low}) on {all_samples}: "
        f"as many steps as {count} ({low}) on {samples}",
    }
    if folds["schedules_ended"]:
        lines["holds for"] = (
            f"this schedule alone, drawn over {folds['max_epochs']:g} epochs: it ended before the folds had levelled "
            f"off, so a longer one may gain; python epochs.py scores several"
        )
    if "refit" in found:
        scores = "  ".join(f"{name} {value:.4f}" for name, value in found["refit"]["test"].items())
        lines["refit"] = f"{counted(found['refit']['epochs'], 'epoch')}; test {scores}"
    elif refused:
        lines["no refit"] = f"\n{'':12}".join(line.removeprefix("refit: ") for line in refused)
    else:
        lines["next"] = f"python crossval.py {shlex.join([*shared, 'refit=true'])}"
    return lines
