# /// script
# requires-python = "==3.11.*"
# dependencies = ["fastai==2.8.12", "torch==2.14.1", "torchvision==0.29.1"]
# ///
"""fastai: CSVLogger's history.csv of fit_one_cycle, of fine_tune (its second phase alone), one judged by accuracy."""

import contextlib
import io
import re
import shutil

import fastai.callback.schedule  # noqa: F401  # gives Learner its fit_one_cycle
import torch
from best import logs_of, says
from data import halves
from fastai.callback.progress import CSVLogger
from fastai.callback.tracker import EarlyStoppingCallback, SaveModelCallback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from fastai.torch_core import params, set_seed
from torch.utils.data import TensorDataset

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = map(torch.from_numpy, halves())


def learner(seed):
    set_seed(seed, reproducible=True)
    data = DataLoaders.from_dsets(TensorDataset(X_TRAIN, Y_TRAIN), TensorDataset(X_VAL, Y_VAL), bs=30, device="cpu")
    data.n_inp = 1
    model = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    return Learner(
        data, model, CrossEntropyLossFlat(), metrics=accuracy, splitter=lambda net: [params(net[0]), params(net[2])]
    )


def table(folder, name, fit, monitor="valid_loss", mode="min", seed=0):
    """Fit, keep history.csv, and read off what SaveModelCallback printed when it last found a better model."""
    learn = learner(seed)
    saved = SaveModelCallback(monitor=monitor)
    stopping = EarlyStoppingCallback(monitor=monitor, patience=6)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        fit(learn, [CSVLogger(), saved, stopping])
    shutil.copy("history.csv", folder / f"{name}.csv")
    said = re.findall(r"Better model found at epoch (\d+) with \w+ value: [\d.]+", printed.getvalue())
    says(
        f"fastai/{name}.csv", "fastai", "SaveModelCallback: Better model found at epoch", said[-1], number=said[-1],
        counted_from=0, score=saved.best, score_name=monitor, mode=mode, epochs=len(learn.recorder.values),
    )  # fmt: skip


if __name__ == "__main__":
    with logs_of("fastai") as folder:
        table(folder, "history", lambda learn, watch: learn.fit_one_cycle(20, 0.02, cbs=watch))
        table(folder, "fine_tune", lambda learn, watch: learn.fine_tune(12, 0.02, freeze_epochs=3, cbs=watch))
        by_accuracy = {"monitor": "accuracy", "mode": "max", "seed": 1}
        table(folder, "accuracy", lambda learn, watch: learn.fit(15, 0.004, cbs=watch), **by_accuracy)
