"""Runs of four epochs that were cut off in the third, and what is read of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import timeless
from tests.power_cut import cut_in_batch

BASE = (
    "data.batch_size=128",  # 10 steps an epoch
    "trainer.max_epochs=4",
    "model.hidden_sizes=[16]",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~callbacks.confusion_matrix",
    "name=test",
)


def copies(made_in: Callable[[str], Path], composed: Callable) -> Callable[..., Path]:
    """A function from overrides to a copy of such a run, which is made once; ``batch`` is where it is cut off."""
    made = {}

    def copy(*words, batch=25):
        key = (batch, *words)
        if key not in made:
            made[key] = made_in("cut") / "run"
            with cut_in_batch(batch):
                train(composed(*BASE, *words, run_folder=made[key]))
        folder = made_in("copy") / "run"
        shutil.copytree(made[key], folder)
        return folder

    return copy


def rows_of(folder):
    return [timeless(row) for row in read_epochs_csv(folder / "epochs.csv")]


def weights_of(folder):
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
