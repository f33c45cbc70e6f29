"""Train each kind of task here, and the same by a loop written by hand, and compare CPU seconds an epoch.

    python benchmarks/task_twins.py [classes numbers labels mask tokens] [epochs=8]

The twin has the same weights at the start, batches, optimizer, schedule and scores, of training and of validation, and
writes a checkpoint of the last epoch and of the best one; it has no curves, clock, gradient norm or verdict. Its
batches are cut from tensors in memory, its scores are plain sums. Here every default is on but ``train_eval``. In a
second run that is on too, and the twin scores the same 256 samples.

Both train in turns, an epoch of one and then the same epoch of the other, in one process and one thread. Printed are
the medians and the spread of the ratios, without the first epoch, and the largest difference between the scores of
both, over the score where that is above 1. It ends with 1 where a median is above 1.05, or a score differs by more than
1e-6.
"""

import os
import statistics
import sys
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import lightning as L
import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, open_dict
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.functional.classification import multilabel_average_precision

from epochwise.command_line.composer import engine_conf
from epochwise.commands.assemble import Run, assemble
from epochwise.data.target import IGNORE
from epochwise.data.texts.shipped_texts import SHIPPED
from epochwise.report.terminal import quiet
from epochwise.task.optimized import decay_groups

TOP = Path(__file__).parents[1]
BAR, MOST_APART = 1.05, 1e-6
TRANSFORMER = ("model=transformer", "model.width=128", "model.dropout=0")
CNN = ("model=cnn", "model.channels=[32,64]", "model.dropout=0", "data.batch_size=32")
KINDS = {
    "classes": ["data=digits", "data.image_size=28", "data.max_train_samples=800", "task=classification", *CNN],
    "numbers": [
        *("data=series", "data.target=[a,b]", "data.window=50", "data.batch_size=16", "task=regression"),
        *TRANSFORMER,
    ],
    "labels": ["data=letters", "data.max_train_samples=640", "task=multilabel", *CNN],
    "mask": [
        *("data=letters", "data.kind=mask", "data.max_train_samples=320", "data.batch_size=16", "task=segmentation"),
        *("model=unet", "model.encoder_depth=3", "model.decoder_channels=[64,32,16]"),
    ],
    "tokens": [
        *("data=text", "data.kind=tokens", "data.tokenizer=characters", "data.max_length=128", "data.batch_size=8"),
        *("task=language_model", *TRANSFORMER),
    ],
}
QUIET = ("~callbacks.progress_bar", "~callbacks.model_summary", "report=false", "stopping=none", "name=twin")


def composed(words: list[str], folder: Path) -> DictConfig:
    """The config of a run, as train.py would have it."""
    with engine_conf(), initialize_config_dir(str(TOP / "conf"), version_base="1.3"):
        config = compose("train", overrides=[*words, *QUIET, f"run_folder={folder}"])
    with open_dict(config):
        config.pop("hydra", None)
    return config


class Twin(L.Callback):
    """A loop written by hand, which trains an epoch before each of the run's.

    Args:
        run: what it takes weights, samples and settings of, once.
        kind: of the targets, a key of ``KINDS``.
        folder: of its checkpoints.
        train_eval: whether it scores what the callback of that name does.
    """

    def __init__(self, run: Run, kind: str, folder: Path, train_eval: bool) -> None:
        task: Any = run.task
        data: Any = run.data
        self.kind, self.folder, self.task = kind, folder, task
        self.seed, self.batch_size, self.spec = data.order_seed, data.batch_size, data.spec
        self.mean, self.std = (torch.tensor(data.learned.get(name, of)) for name, of in (("mean", 0.0), ("std", 1.0)))
        splits = {name: data.splits[name][list(range(len(data.splits[name])))] for name in ("train", "val")}
        self.splits: dict[str, tuple[Tensor, Tensor]] = {name: (x, y) for name, (x, y) in splits.items()}
        if train_eval:
            chosen = np.sort(np.random.default_rng(0).permutation(len(data.splits["train"]))[:256])
            x, y = self.splits["train"]
            self.splits["train_eval"] = x[chosen], y[chosen]
        self.seconds: dict[str, list[float]] = {"twin": [], "here": []}
        self.began: float | None = None
        self.rows: list[dict[str, float]] = []
        self.best = float("inf")

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.network = deepcopy(self.task.network)
        for hooks in (self.network._forward_hooks, self.network._forward_pre_hooks):  # of the run's clock
            hooks.clear()
        how = {"lr": 2e-3, "weight_decay": 0.05, "fused": trainer.optimizers[0].defaults["fused"]}
        self.optimizer = torch.optim.AdamW(decay_groups(self.network), **how)
        self.schedule = self.task.make_scheduler(self.optimizer, steps_per_epoch=len(self.order("train", 0)))

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        now = process_time()
        if self.began is not None:
            self.seconds["here"].append(now - self.began)
        self.epoch(trainer.current_epoch)
        self.began = process_time()
        self.seconds["twin"].append(self.began - now)

    def order(self, split: str, epoch: int) -> list[np.ndarray]:
        """The samples of each batch."""
        order = np.arange(len(self.splits[split][0]))
        if split == "train":
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
            return [order[at : at + self.batch_size] for at in range(0, len(order) - 1, self.batch_size)]
        return np.array_split(order, -(-len(order) // self.batch_size))

    def epoch(self, epoch: int) -> None:
        """Train and validate, and write the checkpoints."""
        row = {}
        for split, (inputs, targets) in self.splits.items():
            self.network.train(split == "train")
            sums: dict[str, Any] = {}
            for rows in self.order(split, epoch):
                x, y = inputs[rows], targets[rows]
                if x.dtype == torch.uint8:
                    x = (x.float().mul_(1 / 255) - self.mean.view(-1, 1, 1)) / self.std.view(-1, 1, 1)
                with torch.set_grad_enabled(split == "train"):
                    output = self.network(x)
                    loss = self.loss(output, y)
                if split == "train":
                    self.optimizer.zero_grad()
                    loss.backward()
                    self.optimizer.step()
                    self.schedule.step()
                for name, value in self.measured(output.detach(), y, loss.detach()).items():
                    sums[name] = sums[name] + value if name in sums else value
            row |= {f"{split}/{name}": float(value) for name, value in self.scores(sums).items()}
        self.rows.append(row)
        kept = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save(kept, self.folder / "last.ckpt")
        if row["val/loss"] < self.best:
            self.best = row["val/loss"]
            torch.save(kept, self.folder / "best.ckpt")

    def loss(self, output: Tensor, y: Tensor) -> Tensor:
        """The mean over a batch."""
        if self.kind == "numbers":
            return F.mse_loss(output, (y - self.task.target_mean) / self.task.target_std)
        if self.kind == "labels":
            return F.binary_cross_entropy_with_logits(output, y)
        smoothing = 0.1 if self.kind == "classes" else 0.0
        output = output.transpose(1, -1) if self.kind == "tokens" else output
        return F.cross_entropy(output, y, ignore_index=IGNORE, label_smoothing=smoothing)

    def measured(self, output: Tensor, y: Tensor, loss: Tensor) -> dict[str, Any]:
        """What is added up over the batches of a split."""
        if self.kind == "numbers":
            y = y.double()
            off = (output * self.task.target_std + self.task.target_mean).double() - y
            sums = {"off": off.abs().sum(), "squares": off.square().sum(0), "y": y.sum(0), "y2": y.square().sum(0)}
            return {"loss": loss.double() * len(y), "count": len(y), **sums}
        if self.kind == "labels":
            said, there = output > 0, y > 0.5
            sums = {"right": (said & there).sum(0), "both": said.sum(0) + there.sum(0)}
            return {"loss": loss.double() * len(y), "count": len(y), **sums, "all": [(output.sigmoid(), there.long())]}
        kept = y != IGNORE
        count = kept.sum()
        answers = output.argmax(-1 if self.kind == "tokens" else 1)
        sums = {"loss": loss.double() * count, "count": count}
        if self.kind == "tokens":
            return {**sums, "right": (answers == y).sum()}
        pairs = torch.bincount(y[kept] * output.shape[1] + answers[kept], minlength=output.shape[1] ** 2)
        return {**sums, "matrix": pairs.view(output.shape[1], -1)}

    def scores(self, sums: dict[str, Any]) -> dict[str, Any]:
        """Of what was added up."""
        found, count = {"loss": sums["loss"] / sums["count"]}, sums["count"]
        if self.kind == "numbers":
            size = count * len(sums["y"])
            spread = sums["y2"] - sums["y"].square() / count
            r2 = (1 - sums["squares"] / spread).mean()
            return found | {"mae": sums["off"] / size, "rmse": (sums["squares"].sum() / size).sqrt(), "r2": r2}
        if self.kind == "labels":
            right, both = sums["right"].double(), sums["both"].double()
            said, there = (torch.cat(each) for each in zip(*sums["all"], strict=True))
            precision = multilabel_average_precision(said, there, said.shape[1], validate_args=False)
            f1 = {"f1_macro": (2 * right / both.clamp(min=1)).mean(), "f1_micro": 2 * right.sum() / both.sum()}
            return found | f1 | {"map": precision}
        if self.kind == "tokens":
            return found | {"accuracy": sums["right"] / count, "perplexity": found["loss"].exp()}
        matrix = sums["matrix"].double()
        right, both = matrix.diag(), matrix.sum(0) + matrix.sum(1)
        accuracy, f1 = right.sum() / count, (2 * right / both).mean()
        if self.kind == "classes":
            return found | {"accuracy": accuracy, "f1": f1}
        return found | {"accuracy": accuracy, "dice": f1, "miou": (right / (both - right)).mean()}


def measured(kind: str, epochs: int, changes: list[str]) -> tuple[Twin, float]:
    """A run with its twin, and the largest difference between a score of both."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        if kind == "tokens":
            changes = [*changes, f"data.path={place}/texts.jsonl"]
            SHIPPED["library"]()[["text"]].head(200).to_json(place / "texts.jsonl", orient="records", lines=True)
        L.seed_everything(0, verbose=False)
        run = assemble(composed([*KINDS[kind], *changes, f"trainer.max_epochs={epochs}"], place / "run"))
        (place / "run").mkdir(exist_ok=True)
        twin = Twin(run, kind, place, "~callbacks.train_eval" not in changes)
        run.trainer.callbacks.insert(0, twin)  # type: ignore[attr-defined]  # set on the instance
        run.trainer.fit(run.task, datamodule=run.data)
        rows: list[Any] = run.epoch_log.rows
    pairs = [(row[name], value) for row, its in zip(rows, twin.rows, strict=True) for name, value in its.items()]
    return twin, max(abs(ours - value) / max(abs(value), 1) for ours, value in pairs)


def main() -> int:
    """Print a table; return the exit code."""
    torch.set_num_threads(1)
    quiet()
    given = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    kinds = [word for word in sys.argv[1:] if "=" not in word] or list(KINDS)
    print("| task | by hand, CPU s an epoch | here, times that (min to max) | both with train_eval | scores apart |")
    print("|---|---|---|---|---|")
    missed = False
    for kind in kinds:
        told, seconds, most = [], [], 0.0
        for changes in (["~callbacks.train_eval"], []):
            twin, apart = measured(kind, int(given.get("epochs", 8)), changes)
            by_hand = twin.seconds["twin"][1:-1]
            ratios = [ours / its for ours, its in zip(twin.seconds["here"][1:], by_hand, strict=True)]
            told.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
            seconds += by_hand if changes else []
            most = max(most, apart)
            missed |= most > MOST_APART or statistics.median(ratios) > BAR
        print(f"| {kind} | {statistics.median(seconds):.3f} | {' | '.join(told)} | {most:.1e} |", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
