"""From one setting to a count of epochs that holds over folds."""

import json
import shlex
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from epochwise.commands.check_data import check_data
from epochwise.commands.shown import shown
from epochwise.commands.tell import tell
from epochwise.crossval.outcome import outcome
from epochwise.crossval.refit_overrides import refit_overrides
from epochwise.input_error import InputError
from epochwise.report.read_runs import read_runs
from epochwise.run.finite import finite
from epochwise.run.job_record import of_one_job
from epochwise.run.whole_file import whole_file
from epochwise.sweep.read_jobs import Job, read_jobs, sweep_rows
from epochwise.sweep.write_sweep import write_sweep_csv, write_sweep_report

from hydra_plugins.epochwise.command_sweeper import CommandSweeper


def crossval(config: DictConfig, overrides: list[str], sweeper: CommandSweeper) -> None:
    """Train every fold, choose a count of epochs, and train on all of the data for it where that is asked for.

    Args:
        config: a composed ``conf/crossval.yaml`` with Hydra's own node.
        overrides: of the command line.
        sweeper: runs jobs.

    Raises:
        InputError: the data cannot be read or cut into the folds, no epoch was scored in every fold, or a refit is
            asked for that can't follow a validation score.
        SystemExit: with code 1, a job failed.
    """
    if config.refit and config.scheduler["_target_"].endswith("ReduceLROnPlateau"):
        raise InputError("refit: scheduler=plateau follows validation, and a run on all of the data has none")
    folder = Path(config.hydra.sweep.dir)
    shared = of_one_job(overrides)
    repeats = config.splitter.get("n_repeats", 1)
    num_folds = config.splitter.n_splits * repeats
    if all(job.record.status != "finished" for job in read_jobs(folder)):
        check_data(sweeper.compose([*shared, "data.fold=0"]))
    sweeper.launch([[*shared, f"data.fold={fold}", f"hydra.sweep.subdir=fold-{fold}"] for fold in range(num_folds)], 0)
    folds = [job for job in _finished(folder) if job.folder.name.startswith("fold-")]
    write_sweep_csv(folder / "folds.csv", sweep_rows(folds))
    found = outcome(
        read_runs([job.folder for job in folds]), config.monitor, config.mode, config.trainer.max_epochs, repeats
    )
    _write(folder, found)
    if config.refit:
        epochs = found["all"]["epochs"]["low" if config.refit == "smallest" else "value"]
        refit = refit_overrides(config, shared, epochs, found["all"]["max_epochs"])
        sweeper.launch([[*refit, "hydra.sweep.subdir=refit"]], num_folds)
        (run,) = (job for job in _finished(folder) if job.folder.name == "refit")
        found["refit"] = {"epochs": epochs, "folder": "refit", "test": run.result["test"]}
        _write(folder, found)
    page = write_sweep_report(folder, [job.folder for job in folds]) if config.get("report") is not False else None
    print()
    tell(_lines(found, config, num_folds, shared) | {"result": shown(folder / "crossval.json")})
    if page:
        tell({"report": shown(page)})


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


def _lines(found: dict[str, Any], config: DictConfig, num_folds: int, shared: list[str]) -> dict[str, str]:
    folds, everything = found["folds"], found["all"]
    count, low, high = (folds["epochs"][key] for key in ("value", "low", "high"))
    all_count, all_low = (everything["epochs"][key] for key in ("value", "low"))
    splitter = config.splitter["_target_"].rpartition(".")[2]
    samples, all_samples = f"{folds['samples']:,.0f}", f"{everything['samples']:,}"
    score = f"{found['monitor']} {folds['mean']:.4f}, standard error {folds['stderr']:.4f}"
    lines = {
        "folds": f"{num_folds} of {splitter}, {samples} samples each, {config.trainer.max_epochs} epochs",
        "best count": f"{count} epochs ({score}); {low} to {high} are within it",
        "on all": f"{all_count} epochs ({all_low}) on {all_samples}: as many steps as {count} ({low}) on {samples}",
    }
    if "refit" in found:
        scores = "  ".join(f"{name} {value:.4f}" for name, value in found["refit"]["test"].items())
        lines["refit"] = f"{found['refit']['epochs']} epochs; test {scores}"
    else:
        lines["next"] = f"python crossval.py {shlex.join([*shared, 'refit=true'])}"
    return lines
