"""What a finished run came to."""

from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor

from epochwise.commands.assemble import Run
from epochwise.epochs.analysis import analyse
from epochwise.report.document import find_out, make_document
from epochwise.report.page import write_report
from epochwise.report.read_runs import read_runs
from epochwise.report.terminal import shown
from epochwise.run.result import result_fields

#: Samples that are looked at of train and of val, and numbers of all of them together: a second at most.
MOST_TRAIN, MOST_VAL, MOST_NUMBERS = 4000, 1000, 20_000_000
#: Fewer training samples, or validation samples, bound nothing.
LEAST = 30


def neighbours_score(data: Any, task: Any, monitor: str) -> float | None:
    """Answer each validation sample with the mean target of its nearest training samples.

    How much can be learned, no network tells that learned little: with many samples the error of the nearest neighbours
    comes close to the least that any method has, where what is near is alike. Of 1, 4, 16 and 64 neighbours those count
    that score best.

    Args:
        data: a data module with ``splits``, set up.
        task: says what a mean of targets is as an output (``mean_output``), and scores it.
        monitor: such as ``val/loss``.

    Returns:
        The score in the monitor's unit; None where data or task do not say, samples are too few or too large.

    Source:
        Cover & Hart 1967, https://doi.org/10.1109/TIT.1967.1053964: at most twice the least error there is.
    """
    stage, _, name = monitor.partition("/")
    splits = getattr(data, "splits", {})
    if stage != "val" or not {"train", "val"} <= splits.keys() or not hasattr(task, "mean_output"):
        return None
    mode = task.metrics.get(name)
    sizes = {split: min(len(splits[split]), most) for split, most in (("train", MOST_TRAIN), ("val", MOST_VAL))}
    if mode is None or min(sizes.values()) < LEAST:
        return None
    one = splits["train"][[0]][0]
    if not isinstance(one, Tensor) or one.dtype == torch.int64:  # no token is near another by its number
        return None
    if one.numel() * sum(sizes.values()) > MOST_NUMBERS:
        return None
    (train_x, train_y), (val_x, val_y) = (_some(data, split, count) for split, count in sizes.items())
    if train_x.shape[1] != val_x.shape[1]:  # each is filled up to its longest
        return None
    order = torch.cdist(val_x, train_x).topk(min(64, len(train_x)), largest=False).indices
    scores = [_score(task, train_y[order[:, :k]], val_y, name) for k in (1, 4, 16, 64) if k <= order.shape[1]]
    return min(scores) if mode == "min" else max(scores)


def _some(data: Any, split: str, count: int) -> tuple[Tensor, Tensor]:
    """(count, F) features as the network gets them, without augmentation, and their targets."""
    samples = data.splits[split]
    chosen = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))[:count].sort().values
    x, y = samples[chosen.tolist()]
    return data.on_after_batch_transfer(x).flatten(1).float(), y


def _score(task: Any, targets: Tensor, y: Tensor, name: str) -> float:
    """One score of answering with the mean of the neighbours' targets (N, k)."""
    output, y = task.mean_output(targets).to(task.device), y.to(task.device)
    if name == "loss":
        return float(task.compute_loss(output, y))
    metric = task.meters["val"].scores[name].clone().to(task.device)
    metric.reset()
    metric.sync_on_compute = False  # of this process alone
    return float(metric(task.predict(output), y))


def run_report(folder: Path) -> Path | None:
    """Write ``report.html`` and ``curves.png`` from what the run folder holds, as report.py would later.

    Returns:
        The page; ``None`` where no epoch was trained.
    """
    if not (folder / "epochs.csv").exists():
        return None
    runs = read_runs([folder])
    return write_report(make_document(shown(folder), runs, list(map(find_out, runs)), datetime.now()), folder)


def run_result(run: Run, ended: dict[str, Any], plan: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
    """Gather what came out: counts, the best epoch, where the seconds went, and what the curves say.

    It is also asked of a run that failed, so it takes whatever rows there are.

    Args:
        run: after training, however that ended.
        ended: ``status``, ``reason``, and what is known of the best weights and of the test.
        plan: see ``run_plan``; to it the seconds are added that all epochs would take at the pace of the first.
        seconds: since the run began.

    Returns:
        The fields of ``write_result``.
    """
    config, rows = run.config, run.epoch_log.rows
    if plan and rows:
        plan = plan | {"estimated_seconds": round(float(rows[0]["seconds"] or 0.0) * plan["epochs"], 3)}
    task: Any = run.task
    known = task.reference_scores() if hasattr(task, "reference_scores") else {}
    chance, ideal = known.get(config.monitor.partition("/")[2], (None, None))
    settings: Any = OmegaConf.to_container(config, resolve=True)
    found = analyse(rows, config.monitor, config.mode, chance, ideal, settings)
    if found["verdict"]["label"] == "underfitting":  # or there is no more to learn
        neighbours = neighbours_score(run.data, task, config.monitor)
        found = analyse(rows, config.monitor, config.mode, chance, ideal, settings, neighbours=neighbours)
    samples = getattr(run.data, "num_samples", None)
    steps = run.trainer.global_step
    return result_fields(rows, config.monitor, config.mode, found, ended, steps, seconds, plan, samples)
