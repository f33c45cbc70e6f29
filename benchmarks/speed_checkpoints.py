"""What a step waits for where checkpoints are saved: written while the run waits, and beside the training, in turn."""

import statistics
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from epochwise.callbacks.best_checkpoint import BestCheckpoint
from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.model.mlp import MLP
from epochwise.model.resnet import ResNet
from epochwise.report.terminal import quiet
from epochwise.run.write_checkpoint import WholeCheckpointIO

#: name -> class, its settings, steps of an epoch: enough to write two checkpoints in.
NETWORKS: dict[str, tuple[type[nn.Module], dict[str, Any], int]] = {
    "MLP": (MLP, {"hidden_sizes": (256, 256)}, 50),
    "ResNet-18": (ResNet, {}, 2),
}
SHAPE = (1, 28, 28)


class Improving(L.LightningModule):
    """Each epoch is better than those before, so each saves a best and a last checkpoint; every other one waits."""

    def __init__(self, network: nn.Module, files: WholeCheckpointIO) -> None:
        super().__init__()
        self.network, self.files = network, files
        self.saved: list[dict[str, float]] = []  # by epoch: what it took to save, and to take the steps that follow
        self.began_cpu = self.began = 0.0

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        return nn.functional.cross_entropy(self.network(batch[0]), batch[1])

    def on_train_epoch_start(self) -> None:
        if self.saved:
            self.saved[-1]["waited"] = perf_counter() - self.began

    def on_train_epoch_end(self) -> None:  # Lightning saves behind it
        if self.saved:
            began = perf_counter()
            self.files.wait()
            self.saved[-1]["waited"] += perf_counter() - began
            self.saved[-1] |= {"cpu": process_time() - self.began_cpu, "wall": perf_counter() - self.began}
        self.log("train/loss", -float(self.current_epoch))
        if self.current_epoch % 2:
            self.files.written.clear()  # the first of a name is waited for
        self.saved.append({})
        self.began, self.began_cpu = perf_counter(), process_time()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=1e-5, fused=True)


def saved(name: str, repeats: int) -> dict[str, list[dict[str, float]]]:
    """Way -> what each saving of both checkpoints took; the first two of each way are left out."""
    made, settings, steps = NETWORKS[name]
    data = TensorDataset(torch.rand(64 * steps, *SHAPE), torch.randint(0, 10, (64 * steps,)))
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1]) as folder:
        files = WholeCheckpointIO(Path(folder))
        module = Improving(made(SHAPE, 10, **settings), files)
        L.Trainer(
            accelerator="cpu",
            max_epochs=2 * repeats + 5,
            callbacks=[BestCheckpoint(folder, "best", monitor="train/loss"), LastCheckpoint(folder)],
            plugins=[files],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(module, DataLoader(data, batch_size=64))
    return {"waits": module.saved[5:-1:2], "beside": module.saved[4:-1:2]}


def checkpoints(repeats: int) -> None:
    """Print milliseconds that training waits for two checkpoints, and those of it and of the steps that follow."""
    quiet()
    torch.set_num_threads(1)
    print("\n| | training waits, ms | wall ms with the steps of an epoch | CPU ms of the same |\n|---|---|---|---|")
    for name in NETWORKS:
        for way, taken in saved(name, repeats).items():
            cells = []
            for unit in ("waited", "wall", "cpu"):
                values = [1000 * each[unit] for each in taken]
                cells.append(f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f})")
            words = "written at once" if way == "waits" else "written beside the training"
            print(f"| {name}, {words} | {' | '.join(cells)} |", flush=True)
