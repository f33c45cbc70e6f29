"""A learning rate or a batch size, found by trying."""

import csv
from math import ceil
from pathlib import Path
from typing import Any

from lightning.pytorch.tuner import Tuner

from epochwise.commands.assemble import Run
from epochwise.input_error import InputError
from epochwise.report.terminal import shown, tell
from epochwise.run.run_folder import whole_file
from epochwise.scheduler.lightning_schedule import scale_rates

#: Optimizer steps of the range test, and the rates between which it goes, in even ratios.
NUM_STEPS, MIN_LR, MAX_LR = 100, 1e-6, 1.0
MOST_SAMPLES = 65_536  # of a batch; without a GPU nothing else ends the search but the size of the data


def find(run: Run, what: str) -> None:
    """Let Lightning's Tuner look, write ``find_<what>.csv`` and say the override; nothing is trained or kept.

    Args:
        run: assembled.
        what: ``lr``: the loss at each of 100 steps while the rate rises from 1e-6 to 1, also as ``find_lr.png``; the
            rate suggested is that of the steepest fall. ``batch_size``: doubled until memory or the data is used up,
            beside the batches that an epoch has then, also as ``find_batch_size.png``.

    Raises:
        InputError: the loss shows no rate that could be suggested.

    Source:
        lr: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3.
    """
    _keep_plan(run)
    folder = Path(run.config.run_folder)
    found, rows = _find_lr(run, folder) if what == "lr" else _find_batch_size(run, folder)
    if not run.trainer.is_global_zero:
        return
    table = folder / f"find_{what}.csv"
    with whole_file(table) as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    lines = {"table": shown(table)}
    if (picture := table.with_suffix(".png")).exists():
        lines["picture"] = shown(picture)
    tell(lines | {"suggested": found})


def _keep_plan(run: Run) -> None:
    """Let the task ask the plan of fine-tuning who trains: the Tuner puts all callbacks aside."""
    task: Any = run.task
    begin = task.on_train_batch_start

    def on_train_batch_start(batch: Any, batch_idx: int) -> Any:
        run.finetune.on_train_batch_start(run.trainer, task, batch, batch_idx)
        return begin(batch, batch_idx)

    task.on_train_batch_start = on_train_batch_start


def _find_lr(run: Run, folder: Path) -> tuple[str, list[dict[str, Any]]]:
    # The Tuner gives all groups one rate, before each step anew.
    run.task.on_before_optimizer_step = scale_rates  # type: ignore[method-assign]
    finder = Tuner(run.trainer).lr_find(
        run.task, datamodule=run.data, min_lr=MIN_LR, max_lr=MAX_LR, num_training=NUM_STEPS, update_attr=False
    )
    assert finder is not None
    rate = finder.suggestion()
    if rate is None:
        raise InputError("find=lr: the loss was no number at almost every rate; is the data scaled?")
    if run.trainer.is_global_zero:
        figure: Any = finder.plot(suggest=True)
        figure.savefig(folder / "find_lr.png", dpi=120)
    rows = [{"lr": lr, "loss": loss} for lr, loss in zip(finder.results["lr"], finder.results["loss"], strict=True)]
    return f"optimizer.lr={rate:.2g}", rows


def _find_batch_size(run: Run, folder: Path) -> tuple[str, list[dict[str, Any]]]:
    data: Any = run.data
    tried, make = [], data.train_dataloader

    def noted() -> Any:
        tried.append(data.batch_size)
        return make()

    data.train_dataloader = noted
    size = Tuner(run.trainer).scale_batch_size(
        run.task, datamodule=data, init_val=data.batch_size, max_val=MOST_SAMPLES
    )
    assert size is not None
    most = data.num_samples["train"]  # Lightning doubles past it
    size, tried = min(size, most), sorted({min(each, most) for each in tried})
    whole = " (all training samples)" if size == most else ""
    rows = [{"batch_size": each, "fits": each <= size, "batches_per_epoch": ceil(most / each)} for each in tried]
    if run.trainer.is_global_zero:
        _draw_batch_sizes(rows, folder / "find_batch_size.png")
    return f"data.batch_size={size} is the largest that fits{whole}; fewer steps an epoch take more epochs", rows


def _draw_batch_sizes(rows: list[dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure  # a second that a run need not wait for

    figure = Figure(layout="constrained")
    axes = figure.add_subplot(xlabel="samples in a batch", ylabel="batches in an epoch", xscale="log", yscale="log")
    for fits, marker, label in ((True, "o", "fits"), (False, "x", "does not fit")):
        chosen = [row for row in rows if row["fits"] is fits]
        if chosen:
            columns = [[row[name] for row in chosen] for name in ("batch_size", "batches_per_epoch")]
            axes.plot(*columns, marker, label=label)
    axes.legend()
    figure.savefig(path, dpi=120)
