"""What a run says before its first step and after its last."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig

from epochwise.commands.assemble import Run
from epochwise.commands.budget import in_tokens
from epochwise.epochs.curve import column_of
from epochwise.epochs.plan import plan_epochs
from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.phase_optimizer import PhaseOptimizers
from epochwise.finetune.table import phase_line, table, table_lines
from epochwise.report.digits import significant_digits, told
from epochwise.report.terminal import counted, named_epoch, next_commands, next_time, shown, tell
from epochwise.resume.extension import schedule_rates
from epochwise.run.epochs_csv import Row


@dataclass(frozen=True)
class Landmark:
    """A point of a schedule: what happens, from which epoch and optimizer step on (both from 0), at which rate."""

    name: str
    epoch: float
    step: int
    lr: float


def landmarks(lr: NDArray[np.float64], points_per_epoch: int, steps_per_epoch: int) -> list[Landmark]:
    """Read the end of a warm-up, the drops and the end off the learning rates themselves, whatever makes them.

    Args:
        lr: (T,) rates at equal distances, the first of them for the first step.
        points_per_epoch: how many of them make an epoch, at least 1.
        steps_per_epoch: optimizer steps in an epoch, to say steps.

    Returns:
        In their order. A drop is a rate that was level before and falls by a tenth or more at once; where it goes on
        falling, that is the start of a cool-down.
    """
    found: list[Landmark] = []

    def note(name: str, index: int, rate: float) -> None:
        epoch = index / points_per_epoch
        found.append(Landmark(name, round(epoch, 3), round(epoch * steps_per_epoch), float(rate)))

    if len(lr) == 0:
        return found
    peak = int(np.argmax(lr))
    if peak > 0 and lr[0] < lr[peak]:
        note("end of warm-up", peak, lr[peak])
    for index in range(max(peak, 1), len(lr)):
        before, now = lr[index - 1], lr[index]
        level = index < 2 or lr[index - 2] == before
        if 2 <= index < len(lr) - 1 and level and before > now > lr[index + 1]:
            note("start of cool-down", index - 1, before)
        elif level and now <= 0.9 * before:
            note("drop", index, now)
    note("end", len(lr), lr[-1])
    return found


MOST_POINTS = 20_000  # of a schedule that is run through; 20 an epoch


def run_plan(run: Run) -> dict[str, Any] | None:
    """Count what a run will do and find where its schedule turns, before the first step.

    Args:
        run: assembled.

    Returns:
        The fields of ``Plan``, ``landmarks`` and, where layers are frozen or have rates of their own, ``finetune``
        (``finetune.table``), as plain values; ``None`` where the number of epochs has no bound or
        the data module does not say its batch size.
    """
    trainer: Any = run.trainer  # its limits are set on the instance
    data: Any = run.data
    if not trainer.max_epochs or trainer.max_epochs < 0 or not hasattr(data, "batch_size"):
        return None
    plan = plan_epochs(
        data.num_samples["train"],
        data.batch_size,
        trainer.max_epochs,
        trainer.world_size,
        trainer.accumulate_grad_batches,
        data.drop_last,
        trainer.limit_train_batches,
        trainer.max_steps,
    )
    bound = getattr(run.finetune, "bound", None)
    rates, points = _rates(run.task, bound, trainer.max_epochs, plan.steps_per_epoch)
    found = [] if rates is None else landmarks(rates, points, plan.steps_per_epoch)
    planned = asdict(plan) | {"landmarks": [asdict(landmark) for landmark in found if landmark.step <= plan.steps]}
    return planned | ({"finetune": table(bound, None if rates is None else rates[::points])} if bound else {})


def _rates(task: Any, bound: BoundPlan | None, max_epochs: int, steps_per_epoch: int) -> tuple[np.ndarray | None, int]:
    """The rates of a run and how many of them an epoch has; ``None`` where they are not known before it."""
    if not hasattr(task, "make_scheduler") or steps_per_epoch == 0:
        return None, 1
    points = min(steps_per_epoch, 20)
    if points * max_epochs > MOST_POINTS:
        return None, 1
    own = task.make_optimizer, task.make_scheduler
    if bound is None or not any(phase.is_remade for phase in bound.phases):
        rates, points = schedule_rates(*own, max_epochs, points)
        return np.array(rates) if rates else None, points
    return PhaseOptimizers(bound, *own).rates(schedule_rates, max_epochs, points), points


def tell_plan(
    config: DictConfig,
    data: Any,
    task: L.LightningModule,
    plan: dict[str, Any] | None,
    run_folder: Path,
    checkpoint: Path | None,
    notes: Sequence[str] = (),
    changed: Sequence[str] = (),
) -> None:
    """Print what is about to happen, in a few lines.

    Args:
        config: the run's, with its spec.
        data: its data module, set up.
        task: what will be trained.
        plan: what an epoch is and how many steps there will be, where that is known.
        run_folder: where everything will lie.
        checkpoint: what the run goes on from, if it does.
        notes: on settings that are doubtful.
        changed: settings that are other than before.
    """

    def called(group: str) -> str:
        name = str(config[group]["_target_"]).rpartition(".")[2]
        return "none" if name == "Callback" else name  # one that does nothing

    samples, spec = data.num_samples, data.spec
    counts = ", ".join(f"{samples[split]:,} {split}" for split in ("train", "val", "test"))
    parameters = sum(parameter.numel() for parameter in task.parameters())
    rate = config.optimizer.get("lr", "its default")
    lines = {
        "data": f"{called('data')}: {counts} samples of {spec.in_words}",
        "model": f"{called('model')}, {parameters:,} parameters; {called('optimizer')} at lr {rate}, then "
        f"{called('scheduler')}",
        "epochs": f"at most {config.trainer.max_epochs}, the best by {config.monitor} ({config.mode}); "
        f"stopping: {called('stopping')}; seed {config.seed}",
    }
    if plan:
        a_step = f"{counted(min(plan['samples_per_step'], plan['samples_per_epoch']), 'sample')} each"
        tokens = in_tokens(data, plan["samples_per_epoch"])
        in_batches = counted(plan["batches_per_epoch"], "batch", "es")
        which = f", {said}" if (said := getattr(data, "an_epoch_is", "")) else ""
        comma = "," if tokens or which else ""
        a_pass = f"{counted(plan['samples_per_epoch'], 'sample')}{which}{tokens}{comma} in {in_batches}"
        lines["an epoch"] = f"{a_pass}: {counted(plan['steps_per_epoch'], 'optimizer step')} of {a_step}"
        summed = config.trainer.get("accumulate_grad_batches") or 1
        if summed > plan["batches_per_epoch"]:
            notes = [
                *notes,
                f"trainer.accumulate_grad_batches={summed}: no epoch has as many batches, each is one step",
            ]
        of_samples = f"{counted(plan['samples'], 'sample')}{in_tokens(data, plan['samples'])}"
        lines["in all"] = f"{counted(plan['steps'], 'step')}, {of_samples}"
        turns = [f"{mark['name']} at epoch {mark['epoch']:g} (step {mark['step']:,})" for mark in plan["landmarks"]]
        if turns:
            lines["schedule"] = ", ".join(turns)
        if laid_out := plan.get("finetune"):
            rows = table_lines(laid_out) if config.get("dry_run") else [phase_line(laid_out)]
            lines["finetune"] = f"\n{'':12}".join(rows)
    lines["run folder"] = shown(run_folder)
    if checkpoint:
        lines["going on"] = f"from {shown(checkpoint)}"
    if changed:
        lines["changed"] = f"\n{'':12}".join(changed)
    if notes:
        lines["note"] = f"\n{'':12}".join(notes)
    tell(lines)


def tell_result(
    result: dict[str, Any],
    rows: list[Row],
    run_folder: Path,
    words: Sequence[str] = (),
    alone: bool = True,
    drawn_later: bool = False,
) -> None:
    """Print what came out, and the command that shows the curves.

    Args:
        result: what ``result.json`` holds.
        rows: those of ``epochs.csv``.
        run_folder: where everything lies.
        words: that a command line needs beside it (``go_on_words``).
        alone: its own curve says how many epochs; of runs that are compared by their ends it does not.
        drawn_later: the report is being drawn by another process.
    """
    counts = f"{counted(result['epochs_run'], 'epoch')}, {counted(result['steps'], 'step')}"
    lines = {
        "result": f"{str(result['status']).replace('_', ' ')}: {result['reason']}",
        "trained": f"{counts}, {result['seconds']:.1f} s",
    }
    if result["best_epoch"] is not None:
        digits = significant_digits(column_of(rows, result["monitor"]), result["best_score"])
        score = f"{result['monitor']} {told(result['best_score'], digits)}"
        place = named_epoch(result["best_epoch"], result["epochs_run"])
        lines["best epoch"] = f"{place} ({score} after step {result['best_step']:,})"
    scores = dict(next((row for row in rows if row["epoch"] == result["best_epoch"]), {}))
    scores |= {f"test/{name}": float("nan") if value is None else value for name, value in result["test"].items()}
    unlike = {} if result["tested_epoch"] == result["best_epoch"] else {"test": f" (epoch {result['tested_epoch']})"}
    for stage in ("train", "val", "test"):
        named = {name.partition("/")[2]: value for name, value in scores.items() if name.startswith(f"{stage}/")}
        if named:
            numbers = {name: value for name, value in named.items() if isinstance(value, (int, float))}
            lines[stage] = "  ".join(f"{name} {told(value)}" for name, value in numbers.items()) + unlike.get(stage, "")
    if alone and result["recommended_epochs"] and result["verdict"]["evidence"]:
        lines["verdict"] = f"{result['verdict']['label'].replace('_', ' ')}: {result['verdict']['reason']}"
        lines["next time"] = next_time(result)
        commands = next_commands(result, Path(shown(run_folder)), result, runs_here=True)
        if commands and result["status"] != "interrupted":
            lines["try"] = f"{commands[0]['command']}   # {commands[0]['reason']}"
    tensorboard = shutil.which("tensorboard") or Path(sys.executable).with_name("tensorboard")
    program = "tensorboard" if tensorboard == shutil.which("tensorboard") else shown(Path(tensorboard))
    lines["run folder"] = shown(run_folder)
    if (profile := run_folder / "fit-profile.txt").exists():
        lines["profile"] = shown(profile)
    if result["status"] == "interrupted":
        lines["go on by"] = " ".join(["python train.py", *map(shlex.quote, [f"run={shown(run_folder)}", *words])])
    if (page := run_folder / "report.html").exists() or (drawn_later and rows):
        lines["report"] = shown(page)
    if alone and (run_folder / "tensorboard").is_dir():
        lines["curves"] = f"{program} --logdir {shlex.quote(shown(run_folder))}"
    print()
    tell(lines)
