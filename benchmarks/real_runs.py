"""Quick real runs for the benchmarks of epochwise.epochs: our data and networks on Lightning's Trainer.

The learning rate is constant (``scheduler=none``), unless a run is to end with a cool-down: a schedule is drawn over
the budget, so a run cut at half of its epochs would be another training than one that was given half of them.
"""

import logging
import warnings
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import lightning as L
import numpy as np
import torch
from torch.utils.data import StackDataset

from epochwise.data.digits import Digits
from epochwise.data.table import Table
from epochwise.model.mlp import MLP
from epochwise.scheduler.wsd import WSD
from epochwise.task.classification import Classification
from epochwise.task.regression import Regression


@dataclass(frozen=True)
class Setting:
    """What is trained, and how."""

    data: str = "digits"
    hidden_sizes: tuple[int, ...] = (256, 256)
    dropout: float = 0.3
    lr: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    val_fraction: float = 0.15
    label_noise: float = 0.0  # share of the training labels that are drawn anew
    max_epochs: int = 40


#: Small and large, slow and fast, with and without a cure against overfitting, on all four data sets.
SETTINGS = {
    "digits": Setting(),
    "digits-slow": Setting(lr=1e-4),
    "digits-tiny": Setting(hidden_sizes=(4,), dropout=0.0),
    "digits-few": Setting(val_fraction=0.7, dropout=0.0, label_smoothing=0.0),
    "digits-noisy-labels": Setting(label_noise=0.3, dropout=0.0, label_smoothing=0.0, weight_decay=0.0),
    "digits-still-improving": Setting(lr=2e-5, dropout=0.0),
    "cancer": Setting("breast_cancer"),
    "cancer-slow": Setting("breast_cancer", lr=1e-4),
    "cancer-overfit": Setting("breast_cancer", dropout=0.0, label_smoothing=0.0, weight_decay=0.0),
    "wine": Setting("wine", max_epochs=60),
    "wine-slow": Setting("wine", lr=2e-4, hidden_sizes=(32,), max_epochs=60),
    "diabetes": Setting("diabetes", lr=5e-4),
    "diabetes-slow": Setting("diabetes", lr=5e-5, hidden_sizes=(64,)),
    "diabetes-overfit": Setting("diabetes", dropout=0.0, weight_decay=0.0),
}


@dataclass
class Scores(L.Callback):
    """Scores both splits with the same weights, in eval mode, at the end of each epoch; (E,) each."""

    train: list[float] = field(default_factory=list)
    val: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    chance: float = float("nan")  # the loss before the first step

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.chance, self._began = self._loss(trainer, pl_module, "val"), perf_counter()

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.seconds.append(perf_counter() - self._began)
        self.train.append(self._loss(trainer, pl_module, "train"))
        self.val.append(self._loss(trainer, pl_module, "val"))
        self._began = perf_counter()

    def _loss(self, trainer: L.Trainer, task: Any, split: str) -> float:
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        x, y = data.splits[split][list(range(len(data.splits[split])))]
        task.eval()
        with torch.no_grad():
            loss = float(task.compute_loss(task(data.on_after_batch_transfer(x)), y))
        task.train()
        return loss


def real_run(setting: Setting, seed: int, max_epochs: int | None = None, cools_down: bool = False) -> Scores:
    """Train once on one thread; the loss of both splits after each epoch, and the seconds of its training.

    Args:
        setting: what is trained.
        seed: of weights, dropout and order; the split is the same for all.
        max_epochs: instead of the setting's, for a run of another length that is otherwise the same.
        cools_down: at the end, as ``scheduler=wsd`` does.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    torch.set_num_threads(1)
    L.seed_everything(seed, workers=True, verbose=False)
    shared: dict[str, Any] = {"order_seed": seed, "val_fraction": setting.val_fraction, "batch_size": 64}
    kind: Any = "number" if setting.data == "diabetes" else "class"
    data = Digits(**shared) if setting.data == "digits" else Table(path=setting.data, kind=kind, **shared)
    data.setup()
    assert data.spec is not None
    if setting.label_noise:
        _draw_labels_anew(data, setting.label_noise)
    network = MLP(data.spec.input_shape, data.spec.num_outputs, setting.hidden_sizes, setting.dropout)
    optimizer = partial(torch.optim.AdamW, lr=setting.lr, weight_decay=setting.weight_decay)
    schedule: Any = partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0, total_iters=0)
    if cools_down:
        schedule = partial(WSD, max_epochs=max_epochs or setting.max_epochs)
    task = (
        Regression(network, optimizer, schedule, "number", data.spec.target_mean, data.spec.target_std)
        if kind == "number"
        else Classification(
            network, optimizer, schedule, data.spec.class_counts, label_smoothing=setting.label_smoothing
        )
    )
    scores = Scores()
    L.Trainer(
        accelerator="cpu",
        max_epochs=max_epochs or setting.max_epochs,
        callbacks=[scores],
        logger=False,
        limit_val_batches=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    ).fit(task, datamodule=data)
    return scores


def _draw_labels_anew(data: Any, share: float) -> None:
    samples, draw = data.splits["train"], np.random.default_rng(0)
    x, y = samples[list(range(len(samples)))]
    changed = torch.from_numpy(draw.random(len(y)) < share)
    drawn = torch.from_numpy(draw.integers(0, int(y.max()) + 1, len(y)))
    data.splits["train"] = StackDataset(x, torch.where(changed, drawn, y))
