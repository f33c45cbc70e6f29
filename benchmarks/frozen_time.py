"""What a frozen trunk saves: an epoch of ResNet-18's head beside an epoch of all of it.

    python benchmarks/frozen_time.py

One thread, digits of 28x28, no validation. Printed are the CPU seconds of the epochs after the first, median and
spread, and their ratio to a full epoch. It ends with 1 where a bar is missed: 0.45 for the head, 0.05 with its features
cached.
"""

import statistics
import sys
import warnings
from functools import partial
from time import process_time
from typing import Any

import lightning as L
import torch
from torch.optim.lr_scheduler import ConstantLR

from epochwise.data.digits import Digits
from epochwise.finetune.plan import Plan
from epochwise.model.resnet import ResNet
from epochwise.report.terminal import quiet
from epochwise.task.classification import Classification

SAMPLES, EPOCHS = 128, 3
BARS = {"head": 0.45, "head, cached": 0.05}


class Clock(L.Callback):
    """CPU seconds of each epoch, without its end."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        self.began = process_time()

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.is_last_batch:
            self.seconds.append(process_time() - self.began)


def seconds(plan: Plan | None) -> list[float]:
    """Of each epoch but the first."""
    L.seed_everything(0, verbose=False)
    data, clock = Digits(image_size=28, batch_size=64, max_train_samples=SAMPLES), Clock()
    data.setup()
    task = Classification(
        ResNet((1, 28, 28), 10),
        optimizer=partial(torch.optim.AdamW, lr=1e-3),
        scheduler=partial(ConstantLR, factor=1.0, total_iters=0),
        class_counts=data.spec.class_counts if data.spec else [],
    )
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=EPOCHS,
        callbacks=[clock, *([plan] if plan else [])],
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(task, datamodule=data)
    return clock.seconds[1:]


def main() -> int:
    """Print the table; return the exit code."""
    quiet()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    head: Any = [{"at_epoch": 0, "unfreeze": "head"}]
    plans = {
        "everything": None,
        "head": Plan(head, frozen="backbone"),
        "head, cached": Plan(head, frozen="backbone", cache_features=True),
    }
    missed, full = 0, 0.0
    for name, plan in plans.items():
        each = seconds(plan)
        median = statistics.median(each)
        full = full or median
        bar = f"bar {BARS[name]}" if name in BARS else ""
        print(f"{name:<14} {median:8.4f} s  {min(each):.4f}..{max(each):.4f}  {median / full:7.4f}  {bar}", flush=True)
        missed += median / full > BARS.get(name, 1.0)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
