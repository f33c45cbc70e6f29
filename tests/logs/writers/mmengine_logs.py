# /// script
# requires-python = "==3.11.*"
# dependencies = ["mmengine==0.10.7", "torch==2.14.1"]
# ///
"""mmengine: the Runner's scalars.json, of a run that keeps its best checkpoint and stops early."""

import re
import shutil
from pathlib import Path

import torch
from best import logs_of, says
from data import halves
from mmengine.evaluator import BaseMetric
from mmengine.hooks import CheckpointHook, EarlyStoppingHook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import TensorDataset

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = map(torch.from_numpy, halves())


class Classifier(BaseModel):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))

    def forward(self, x, y, mode):
        out = self.net(x)
        return {"loss": torch.nn.functional.cross_entropy(out, y)} if mode == "loss" else (out, y)


class LossAndAccuracy(BaseMetric):
    def process(self, data_batch, data_samples):
        out, y = data_samples
        losses = torch.nn.functional.cross_entropy(out, y, reduction="none")
        self.results += zip(losses.tolist(), (out.argmax(1) == y).tolist(), strict=True)

    def compute_metrics(self, results):
        losses, right = zip(*results, strict=True)
        return {"loss": sum(losses) / len(losses), "accuracy": 100 * sum(right) / len(right)}


def loader(*tensors, shuffle):
    return {
        "dataset": TensorDataset(*tensors), "batch_size": 30, "num_workers": 0,
        "sampler": {"type": "DefaultSampler", "shuffle": shuffle}, "collate_fn": {"type": "default_collate"},
    }  # fmt: skip


def train(folder, name, monitor, rule, seed, epochs=25):
    """Train, and keep scalars.json; the best is the epoch in the name of the checkpoint that the hook kept."""
    kept = CheckpointHook(interval=-1, save_best=monitor, rule=rule, max_keep_ckpts=1)
    runner = Runner(
        Classifier(), f"work_dirs/{name}", loader(X_TRAIN, Y_TRAIN, shuffle=True), loader(X_VAL, Y_VAL, shuffle=False),
        train_cfg={"by_epoch": True, "max_epochs": epochs, "val_interval": 1}, val_cfg={},
        val_evaluator=[LossAndAccuracy()], optim_wrapper={"optimizer": {"type": "Adam", "lr": 0.005}},
        default_hooks={"logger": {"type": "LoggerHook", "interval": 5}, "checkpoint": kept},
        custom_hooks=[EarlyStoppingHook(monitor, rule, patience=8)], randomness={"seed": seed}, log_level="ERROR",
    )  # fmt: skip
    runner.train()
    (scalars,) = Path("work_dirs", name).glob("*/vis_data/scalars.json")
    shutil.copy(scalars, folder / f"{name}.json")
    best = Path(kept.best_ckpt_path).name
    says(
        f"mmengine/{name}.json", "mmengine", "CheckpointHook.best_ckpt_path", best,
        number=re.search(r"epoch_(\d+)", best)[1], counted_from=1,
        score=runner.message_hub.get_info("best_score"), score_name=monitor, mode="min" if rule == "less" else "max",
        epochs=runner.epoch,
    )  # fmt: skip


if __name__ == "__main__":
    with logs_of("mmengine") as folder:
        train(folder, "loss", "loss", "less", 0)
        train(folder, "accuracy", "accuracy", "greater", 1)
