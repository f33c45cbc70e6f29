# /// script
# requires-python = "==3.11.*"
# dependencies = ["lightning==2.6.6", "torch==2.14.1", "tensorboard==2.21.0"]
# ///
"""Lightning: metrics.csv with validation and a test at the end, one with a rate and steps, and TensorBoard's events."""

import logging
import re
import shutil
import warnings
from pathlib import Path

import lightning as L
import torch
from best import logs_of, says, without_host
from data import halves
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = map(torch.from_numpy, halves())


class Classifier(L.LightningModule):
    """What Lightning's own pages show: ``train_loss`` by step or epoch as asked, ``val_loss`` and ``val_acc``."""

    def __init__(self, **of_training):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
        self.of_training = of_training

    def training_step(self, batch, batch_idx):
        loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss, **self.of_training)
        return loss

    def validation_step(self, batch, batch_idx):
        self.judge(batch, "val_loss", "val_acc")

    def test_step(self, batch, batch_idx):
        self.judge(batch, "test_loss", "accuracy")

    def judge(self, batch, loss, accuracy):
        out = self.net(batch[0])
        self.log(loss, torch.nn.functional.cross_entropy(out, batch[1]))
        self.log(accuracy, (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), 0.005)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 8, 0.5)]


def train(logger, epochs, *callbacks, monitor="val_loss", mode="min", test=False, seed=0, **of_training):
    """Train; a stopping and a checkpoint callback, both of Lightning, look at the same score."""
    L.seed_everything(seed, verbose=False)
    stopping = EarlyStopping(monitor, patience=8, mode=mode)
    best = ModelCheckpoint("checkpoints", "{epoch}-{step}", monitor=monitor, mode=mode)
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=epochs, log_every_n_steps=5, logger=logger,
        callbacks=[best, stopping, *callbacks], enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    val = DataLoader(TensorDataset(X_VAL, Y_VAL), batch_size=300)
    model = Classifier(**of_training)
    trainer.fit(model, DataLoader(TensorDataset(X_TRAIN, Y_TRAIN), batch_size=30, shuffle=True), val)
    if test:
        trainer.test(model, val, ckpt_path="best", weights_only=True, verbose=False)
    return best, trainer


def best_of(file, best, trainer):
    name = Path(best.best_model_path).name
    says(
        file, "lightning", "ModelCheckpoint.best_model_path", name, number=re.search(r"epoch=(\d+)", name)[1],
        counted_from=0, score=best.best_model_score, score_name=best.monitor, mode=best.mode,
        epochs=trainer.current_epoch,
    )  # fmt: skip


def table(folder, name, *callbacks, **options):
    best, trainer = train(CSVLogger(".", "csv", ""), 30, *callbacks, **options)
    shutil.copy("csv/metrics.csv", folder / f"{name}.csv")
    best_of(f"lightning/{name}.csv", best, trainer)


def events(folder):
    best, trainer = train(TensorBoardLogger("."), 25, on_step=False, on_epoch=True, seed=3)
    shutil.copytree("lightning_logs", folder / "lightning_logs", ignore=shutil.ignore_patterns("*.ckpt"))
    without_host(folder / "lightning_logs")
    best_of("lightning/lightning_logs", best, trainer)


if __name__ == "__main__":
    with logs_of("lightning") as folder:
        table(folder, "tested", test=True, on_step=False, on_epoch=True)
        table(folder, "rate_and_steps", LearningRateMonitor("epoch"), seed=1, on_step=True, on_epoch=True)
        table(folder, "accuracy", monitor="val_acc", mode="max", seed=2, on_step=False, on_epoch=True)
        events(folder)
