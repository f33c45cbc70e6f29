"""One way to train one of the works, an epoch at a time, as ``speed.py`` says whose turn it is.

    python benchmarks/speed_ways.py WAY WORK FOLDER

An epoch is a pass over the training samples and one over the validation samples, and whatever the way does beside.
Before each, the process says on standard output what the last one took, and waits for a line.
"""

import os
import runpy
import sys
import warnings
from itertools import count
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import (
    EarlyStopping,
    LearningRateMonitor,
    ModelCheckpoint,
    RichModelSummary,
    RichProgressBar,
)
from lightning.pytorch.loggers import TensorBoardLogger
from speed_turns import Turns
from speed_work import BATCH, WORKS
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchmetrics import MaxMetric, MeanMetric
from torchmetrics.classification import MulticlassAccuracy

MANY = 1_000  # epochs; the process is ended before


class EpochTurns(L.Callback):
    """The same for a Trainer."""

    turns: Turns  # one a process

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Wait for the turn."""
        EpochTurns.turns()


def epochwise(words: list[str]) -> None:
    """train.py with its defaults, but for the patience and the count, so that it is not over before the others."""
    import speed_ways  # by its name, as train.py finds the callback; this file is __main__ here

    speed_ways.EpochTurns.turns = EpochTurns.turns
    own = ["+callbacks.turns={_target_:speed_ways.EpochTurns}", f"trainer.max_epochs={MANY}", "stopping.patience=1000"]
    sys.argv = ["train.py", *own, *words]
    os.chdir(Path(__file__).parents[1])
    sys.path.insert(0, os.getcwd())
    runpy.run_path("train.py", run_name="__main__")


def scaled(x: np.ndarray) -> torch.Tensor:
    """Numbers as they are, pictures of bytes from 0 to 1."""
    return torch.from_numpy(x).float() / (255 if x.dtype == np.uint8 else 1)


def made(network: nn.Module, steps: int, fused: bool = False) -> tuple[Any, Any]:
    """AdamW and its cosine."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05, fused=fused or None)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


def loop(network: nn.Module, train: list[torch.Tensor], val: list[torch.Tensor], way: str, turns: Turns) -> None:
    """A loop by hand: over tensors, or over a DataLoader."""
    optimizer, schedule = made(network, MANY * len(train[0]) // BATCH, way == "loop fused")
    loader = DataLoader(TensorDataset(*train), BATCH, shuffle=True)
    for _ in count():
        turns()
        network.train()
        order = torch.randperm(len(train[0])).split(BATCH)
        for x, y in loader if way == "loader" else ((train[0][rows], train[1][rows]) for rows in order):
            loss = nn.functional.cross_entropy(network(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            answers = [(network(x), y) for x, y in zip(val[0].split(BATCH), val[1].split(BATCH), strict=True)]
            sum(float(nn.functional.cross_entropy(out, y)) * len(y) for out, y in answers)
            sum(float((out.argmax(1) == y).sum()) for out, y in answers)


class Bare(L.LightningModule):
    """The least that a Trainer takes."""

    def __init__(self, network: nn.Module, steps: int, scores: bool) -> None:
        super().__init__()
        self.network, self.steps, self.scores = network, steps, scores

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        """Give the loss."""
        loss = nn.functional.cross_entropy(self.network(batch[0]), batch[1])
        if self.scores:
            self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Log loss and accuracy."""
        out = self.network(batch[0])
        self.log("val/loss", nn.functional.cross_entropy(out, batch[1]))
        self.log("val/accuracy", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self) -> Any:
        """Make AdamW and a cosine by steps."""
        optimizer, schedule = made(self.network, self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Template(Bare):
    """As Lightning-Hydra templates do: a metric object for each score and split, updated and logged every batch."""

    def __init__(self, network: nn.Module, steps: int, scores: bool) -> None:
        super().__init__(network, steps, scores)
        self.losses = nn.ModuleDict({split: MeanMetric() for split in ("fit", "val")})
        self.accuracies = nn.ModuleDict({split: MulticlassAccuracy(10, average="micro") for split in ("fit", "val")})
        self.best = MaxMetric()

    def step(self, batch: Any, split: str) -> Any:
        """Measure one batch."""
        out = self.network(batch[0])
        loss = nn.functional.cross_entropy(out, batch[1])
        self.losses[split](loss)
        self.accuracies[split](out.argmax(1), batch[1])
        self.log(f"{split}/loss", self.losses[split], on_step=False, on_epoch=True, prog_bar=True)
        self.log(f"{split}/acc", self.accuracies[split], on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        """Give the loss."""
        return self.step(batch, "fit")

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Measure."""
        self.step(batch, "val")

    def on_validation_epoch_end(self) -> None:
        """Keep the best accuracy."""
        self.best(self.accuracies["val"].compute())
        self.log("val/acc_best", self.best.compute(), prog_bar=True)


class Pictures(Dataset):  # type: ignore[type-arg]
    """A sample at a time, through PIL."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        from torchvision import transforms

        self.x, self.y = x, y
        self.change = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> Any:
        from PIL import Image

        return self.change(Image.fromarray(self.x[index][0])), int(self.y[index])


def trainer(way: str, folder: Path, networks: Any, data: Any, turns: Turns) -> None:
    """A Trainer: bare; watched by what one usually has; or as templates have it."""
    EpochTurns.turns = turns
    kinds: Any = Pictures if way == "template" else lambda x, y: TensorDataset(scaled(x), torch.from_numpy(y))
    train = DataLoader(kinds(data["x"], data["y"]), BATCH, shuffle=True)
    val = DataLoader(kinds(data["x_val"], data["y_val"]), BATCH)
    callbacks: list[L.Callback] = [EpochTurns()]
    if way != "bare":
        keep = ModelCheckpoint(folder / "kept", monitor="val/loss", save_last=True)
        callbacks += [keep, EarlyStopping("val/loss", patience=MANY), LearningRateMonitor("step")]
    if way == "template":
        callbacks += [RichModelSummary(), RichProgressBar()]
    off = {"enable_progress_bar": way == "template", "enable_model_summary": way == "template"}
    logger: Any = TensorBoardLogger(folder / "board") if way != "bare" else False
    fit = L.Trainer(
        accelerator="cpu", devices=1, max_epochs=MANY, logger=logger, callbacks=callbacks,
        enable_checkpointing=way != "bare", log_every_n_steps=1, **off,
    )  # fmt: skip
    module = (Template if way == "template" else Bare)(networks, MANY * len(train), way == "watched")
    fit.fit(module, train, val)


def image_folder(folder: Path, network: nn.Module, turns: Turns) -> None:
    """A loop over torchvision's ImageFolder, read by PIL in two workers."""
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    change = transforms.Compose([transforms.Resize(224), transforms.CenterCrop(224), transforms.ToTensor()])
    sets = [ImageFolder(folder / "pictures" / split, change) for split in ("train", "val")]
    train, val = (DataLoader(one, BATCH, shuffle=True, num_workers=2, persistent_workers=True) for one in sets)
    optimizer, _ = made(network, MANY)
    for _ in count():
        turns()
        for x, y in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
            optimizer.step()
        with torch.inference_mode():
            sum(float((network(x).argmax(1) == y).sum()) for x, y in val)


def main() -> None:
    """Train until nobody asks for more."""
    way, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    work = WORKS[name]
    torch.set_num_threads(work.threads)
    warnings.filterwarnings("ignore")
    own = folder / way.replace(" ", "_")
    turns = EpochTurns.turns = Turns()
    if way in ("epochwise", "cached"):
        words = [word.replace("{folder}", str(folder)) for word in work.words]
        cache = ["data.cache=disk", f"data.cache_folder={folder}/cache"] if way == "cached" else []
        epochwise([*words, *cache, f"hydra.run.dir={own}"])
        return
    torch.manual_seed(0)
    if way == "image folder":
        image_folder(folder, work.network((3, 224, 224)), turns)
        return
    data = np.load(folder / "train.npz")
    network = work.network(data["x"].shape[1:])
    if way in ("bare", "watched", "template"):
        trainer(way, own, network, data, turns)
    else:
        x, y, x_val, y_val = (data[key] for key in ("x", "y", "x_val", "y_val"))
        train, val = [[scaled(a), torch.from_numpy(b)] for a, b in ((x, y), (x_val, y_val))]
        loop(network, train, val, way, turns)


if __name__ == "__main__":
    main()
