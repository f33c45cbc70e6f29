"""Run by two processes as torchrun would: trains a plain module in a plain Trainer, is cut off, and goes on."""

import json
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import lightning as L
import torch
from torch.optim import SGD

from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.callbacks.run_folder import RunFolder
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.stopping.early import Early

from tests.plain_modules import Kill, KilledError, Stages, loader, trainer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
PHASES = [{"at_epoch": 0, "unfreeze": "head"}, {"at_epoch": 2, "unfreeze": "all"}]


def fit(folder: Path, *more: L.Callback, ckpt_path: str | None = None) -> tuple[L.LightningModule, L.Trainer]:
    L.seed_everything(0, verbose=False)
    module = Stages(lambda self: SGD(self.parameters(), lr=0.1))
    callbacks = [RunFolder(folder / "run"), Plan(PHASES), Early("val_loss", "min", patience=9), LastCheckpoint(folder)]
    run = trainer(folder, *callbacks, *more, max_epochs=4, devices=2, strategy="ddp")
    run.fit(module, loader(), loader(), ckpt_path=ckpt_path)
    return module, run


def main(folder: Path) -> None:
    fit(folder / "whole")
    with suppress(KilledError):
        fit(folder / "cut", Kill(3, 1))
    module, run = fit(folder / "cut", ckpt_path=str(folder / "cut/last.ckpt"))
    try:
        fit(folder / "cut")
        refused = ""
    except InputError as error:
        refused = str(error)
    weights = [round(float(weight.sum()), 6) for weight in module.parameters()]
    print(json.dumps({"rank": run.global_rank, "weights": weights, "refused": refused}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
