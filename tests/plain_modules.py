"""LightningModules and data as a project of one's own has them: nothing of epochwise in them."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

#: Warnings of Lightning that a Trainer of one's own gives on little data.
EXPECTED = (
    "ignore:The '.*_dataloader' does not have many workers",
    "ignore:The number of training batches",
    "ignore:Checkpoint directory",
    "ignore:You're resuming from a checkpoint that ended before the epoch ended",
)


class Line(L.LightningModule):
    """A straight line, fitted; what it logs has the names that Lightning's tutorials use."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = nn.Linear(1, 1)

    def step(self, batch, name, **how):
        x, y = batch
        loss = nn.functional.mse_loss(self.layer(x), y)
        self.log(name, loss, **how)
        return loss

    def training_step(self, batch, batch_idx):
        return self.step(batch, "train_loss")

    def validation_step(self, batch, batch_idx):
        self.step(batch, "val_loss")

    def test_step(self, batch, batch_idx):
        self.step(batch, "test_loss")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


class Gan(L.LightningModule):
    """Two optimizers, stepped by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.critic = nn.Linear(1, 1), nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        for optimizer, loss_of, name in zip(
            self.optimizers(),
            (lambda: -self.critic(self.generator(x)).mean(), lambda: (self.critic(y) - 1).square().mean()),
            ("train_g_loss", "train_c_loss"),
            strict=True,
        ):
            loss = loss_of()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
            self.log(name, loss)

    def configure_optimizers(self):
        return [
            torch.optim.Adam(net.parameters(), lr=rate) for net, rate in ((self.generator, 0.1), (self.critic, 0.2))
        ]


class Endless(IterableDataset):
    """Samples without an end, and without a length."""

    def __iter__(self):
        generator = torch.Generator().manual_seed(0)
        while True:
            x = torch.rand(1, generator=generator)
            yield x, 2 * x + 1


def line_data(num_samples: int = 32) -> TensorDataset:
    x = torch.linspace(-1, 1, num_samples)[:, None]
    return TensorDataset(x, 2 * x + 1)


def loader(num_samples: int = 32) -> DataLoader:
    return DataLoader(line_data(num_samples), batch_size=8)


def trainer(folder, *callbacks, **settings) -> L.Trainer:
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "accelerator": "cpu"}
    return L.Trainer(default_root_dir=folder, callbacks=list(callbacks), **{**quiet, **settings})


def epochs_of(folder, module, *callbacks, **settings) -> int:
    """Train a module; how many epochs it took."""
    run = trainer(folder, *callbacks, **{"max_epochs": 30, **settings})
    run.fit(module, loader(), loader(8))
    return run.current_epoch


class Stages(L.LightningModule):
    """A backbone and a head, as fine-tuning meets them."""

    def __init__(self, make_optimizers) -> None:
        super().__init__()
        self.backbone, self.norm, self.head = nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)
        self.make_optimizers = make_optimizers

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self.head(self.norm(self.backbone(x))), y)

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.training_step(batch, batch_idx))

    def configure_optimizers(self):
        return self.make_optimizers(self)


class KilledError(Exception):
    pass


class Kill(L.Callback):
    """End the process in the midst of an epoch, as far as the Trainer can tell."""

    def __init__(self, epoch, batch):
        self.at = (epoch, batch)

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if (trainer.current_epoch, batch_idx) == self.at:
            raise KilledError
