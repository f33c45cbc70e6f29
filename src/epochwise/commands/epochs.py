"""From one setting to the score over counts of epochs, and to the count that is enough."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from epochwise.commands.budget import one_epoch, world_size
from epochwise.commands.check_jobs import check_data
from epochwise.commands.evaluate import scores_of
from epochwise.config.check import check
from epochwise.config.resolve import resolve
from epochwise.epochs.score_over_counts import ScoreOverCounts, enough, score_over_counts
from epochwise.input_error import InputError
from epochwise.ladder.bounds import Bounds, ladder_faults
from epochwise.ladder.jobs import (
    FIRST,
    Rung,
    branch_name,
    doubled_from,
    jobs_of,
    mark_waiting,
    other_ladder,
    rungs_of,
    seeds_of,
    trained_counts,
    with_spared,
)
from epochwise.ladder.ladder import Ladder, read_ladder
from epochwise.ladder.run_trunk import RunTrunk
from epochwise.ladder.tell_ladder import failed_lines, tell_ladder
from epochwise.ladder.write_ladder import write_ladder
from epochwise.report.terminal import tell
from epochwise.rules.epochs import seconds_of
from epochwise.rules.monitor import metrics_of, no_curves
from epochwise.sweep.job import of_one_job
from epochwise.trust.project import command_line

from hydra_plugins.epochwise.command_sweeper import CommandSweeper


def epochs(config: DictConfig, overrides: list[str], sweeper: CommandSweeper) -> None:
    """Train runs of several counts of epochs off one trunk a seed, and say which count is enough.

    Args:
        config: a composed ``conf/epochs.yaml`` with Hydra's own node.
        overrides: of the command line.
        sweeper: runs jobs.

    Raises:
        InputError: the data cannot be read, runs of these settings have no common trunk, a setting does not go with one
            of the counts, or not even the first count fits what bounds all of them.
        SystemExit: with code 1, a job failed.
    """
    if faults := no_curves(config, "epochs.py"):
        raise InputError(*faults)
    if empty := [key for key in ("counts", "seeds") if not isinstance(config[key], int | None) and not config[key]]:
        raise InputError(*(f"{key}: got [], allowed: at least one" for key in empty))
    folder, seeds = Path(config.hydra.sweep.dir), seeds_of(config.seeds, config.seed)
    shared = [*of_one_job(overrides), "report=false"]
    if "model_summary" in (config.callbacks or {}):
        shared.append("~callbacks.model_summary")  # else printed for each of the jobs
    # With the settings of a run these two stand in no file.
    places = [word for word in overrides if word.startswith(("+run_folder=", "++resume="))]
    counts = doubled_from(FIRST, config.most_epochs) if config.counts is None else config.counts
    if other := other_ladder(folder, shared, config.resume is True):
        raise InputError(other)
    _check(config, counts)
    data = check_data(config)
    steps_per_epoch = one_epoch(config, data, world_size(config) if config.max_steps else 1).steps_per_epoch
    bounds = Bounds(seconds_of(config.max_time), config.max_steps, steps_per_epoch, len(seeds))
    known = trained_counts(folder, seeds, config.scheduler.cooldown_fraction)
    rungs = rungs_of([*counts, *known], config.scheduler.cooldown_fraction)
    run = RunTrunk.of(Path(config.run), config, data) if config.get("run") else None
    starts = {run.seed: [start.epoch for start in run.starts]} if run else {}
    rungs = with_spared(rungs, seeds, folder, starts)
    asked, known_rungs = ([rung for rung in rungs if (rung.count in counts) is asks] for asks in (True, False))
    one_by_one = config.counts is None or bounds.any
    if run:
        tell({"trunk": run.told(jobs_of(asked, seeds, shared, folder, starts), seeds)})
    directions = {"loss": "min"} | metrics_of(config.task.get("_target_"))
    done: list[Rung] = []
    why: str | None = None
    ladder: Ladder | None = None
    found: ScoreOverCounts | None = None

    def read(rungs: Sequence[Rung]) -> Ladder:
        return read_ladder(folder, rungs, seeds, config.monitor, config.mode, directions)

    started = monotonic()
    for part in [[rung] for rung in asked] if one_by_one else [asked]:
        begun = monotonic()
        if bounds.any and (why := bounds.exceeded_by(part[0], begun - started)):
            break
        jobs_before = (len(done) + sum(rung.steady > rung.before for rung in done)) * len(seeds)
        jobs = jobs_of(part, seeds, shared, folder, starts)
        if run:
            run.put(jobs, folder, shared)
        mark_waiting(jobs, folder)
        sweeper.launch([[*job, *places] for job in jobs], jobs_before)
        done += part
        ladder = read(done)
        if one_by_one:
            bounds.trained(part[0], monotonic() - begun, float(ladder.seconds[-1]))
        if not np.isfinite(ladder.scores).any():
            tell(failed_lines(ladder.failed))
            raise SystemExit(1)
        found = found_by(ladder)
        if config.counts is None and (why := enough(found, config.min_gain_per_epoch or 0.0)):
            break
    if config.counts is None and why is None and done:
        why = f"more than {done[-1].count} epochs are not tried: most_epochs={config.most_epochs}"
    if ladder is None or found is None:
        raise InputError(f"counts: {why}")
    if known_rungs:  # a shorter ladder says what a longer one before it has measured
        ladder = read(sorted([*done, *known_rungs], key=lambda rung: rung.count))
        found = found_by(ladder)
    if not ladder.failed and config.trainer.get("limit_test_batches") == 0:
        ladder = replace(ladder, test=_test(folder, found.recommended, seeds))
    page = write_ladder(folder, ladder, found, report=config.get("report") is not False)
    print()
    tell_ladder(ladder, found, folder, page, why, _typed() if run else shared)
    if ladder.failed:
        raise SystemExit(1)


def found_by(ladder: Ladder) -> ScoreOverCounts:
    """What the scores of a ladder say."""
    prices = (ladder.steps, ladder.seconds, ladder.price_epochs)
    return score_over_counts(ladder.counts, ladder.scores, ladder.mode, *prices, monitor=ladder.monitor)


def _typed() -> list[str]:
    """What was typed beside the counts and seeds."""
    asked = ("counts", "most_epochs", "seeds", "trainer.max_epochs")
    return [word for word in command_line() if word.lstrip("+").partition("=")[0] not in asked]


def _check(config: DictConfig, counts: Sequence[int]) -> None:
    """Find what is wrong with any of the runs before the first of them."""
    configs: dict[int, Any] = {count: OmegaConf.merge(config, {"trainer": {"max_epochs": count}}) for count in counts}
    if faults := ladder_faults({count: resolve(each).tree for count, each in configs.items()}):
        raise InputError(*faults)
    for count, each in configs.items():
        try:
            check(each, "epochs")
        except InputError as error:
            raise InputError(*(f"counts: with {count} epochs: {line}" for line in error.lines)) from None


def _test(folder: Path, count: int, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Score the test split by the runs of the count that was chosen, and by no other: name -> a score a seed."""
    found = [scores_of(folder / branch_name(count, seed), "last") for seed in seeds]
    return {name: [scores[name] for scores in found] for name in found[0]}
