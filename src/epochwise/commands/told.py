"""What a run tells the person who started it."""

from pathlib import Path
from typing import Any

import lightning as L
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from epochwise.run.epochs_csv import Row


def tell_plan(config: DictConfig, data: Any, task: L.LightningModule, run_folder: Path) -> None:
    """Print what is about to happen, in four lines."""

    def called(node: Any) -> str:
        return str(node["_target_"]).rpartition(".")[2]

    spec, samples, trainer = data.spec, data.num_samples, config.trainer
    shape = "x".join(str(size) for size in spec.input_shape)
    target = f"{spec.num_outputs} classes" if spec.target == "class" else "a number"
    parameters = sum(parameter.numel() for parameter in task.parameters())
    lines = {
        "data": f"{called(config.data)}: {samples['train']:,} train, {samples['val']:,} val, {samples['test']:,} test samples "
        f"of {shape}, {target}",
        "model": f"{called(config.model)}: {parameters:,} parameters, {called(config.optimizer)} at lr "
        f"{config.optimizer.get('lr', 'of its own')}, schedule {called(config.scheduler)}",
        "run": f"at most {trainer.max_epochs} epochs, best by {config.monitor} ({config.mode}), "
        f"stopping {called(config.stopping)}, seed {config.seed}",
        "folder": shown(run_folder),
    }
    console = Console(highlight=False, soft_wrap=True)
    for name, text in lines.items():
        console.print(f"[bold]{name:>7}[/]  {text}")


def tell_result(result: dict[str, Any], rows: list[Row], run_folder: Path) -> None:
    """Print what came out, as a small table, and the command that shows the curves.

    Args:
        result: what ``result.json`` holds.
        rows: those of ``epochs.csv``.
        run_folder: where everything lies.
    """
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("result", f"{str(result['status']).replace('_', ' ')}: {result['reason']}")
    table.add_row("trained", f"{result['epochs_run']} epochs, {result['steps']:,} steps, {result['seconds']:.1f} s")
    if result["best_epoch"] is not None:
        table.add_row("best epoch", f"{result['best_epoch']} ({result['monitor']} {result['best_score']:.4f})")
    scores = dict(next((row for row in rows if row["epoch"] == result["best_epoch"]), {}))
    scores |= {f"test/{name}": value for name, value in result["test"].items()}
    for stage in ("train", "val", "test"):
        named = {name.partition("/")[2]: value for name, value in scores.items() if name.startswith(f"{stage}/")}
        if named:
            table.add_row(f"  {stage}", "  ".join(f"{name} {value:.4f}" for name, value in named.items()))
    table.add_row("run folder", shown(run_folder))
    table.add_row("curves", f"tensorboard --logdir {shown(run_folder)}")
    console = Console(highlight=False, soft_wrap=True)
    console.print()
    console.print(table)


def shown(path: Path) -> str:
    """A path as one would type it: relative to the working folder where it lies inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
