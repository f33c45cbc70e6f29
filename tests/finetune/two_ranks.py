"""Run by two processes as torchrun would, and by one: trains with three unfreezes, and prints what came out as JSON."""

import json
import os
import sys
import warnings
from functools import partial

import lightning as L
import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR

from epochwise.commands.quiet import quiet
from epochwise.data.digits import Digits
from epochwise.finetune.plan import Plan
from epochwise.model.small_resnet import SmallResNet
from epochwise.task.classification import Classification

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()

PHASES = [
    {"at_epoch": 0, "unfreeze": "head"},
    {"at_epoch": 1, "unfreeze": -2},
    {"at_epoch": 2, "unfreeze": -3, "freeze": -2},
    {"at_epoch": 3, "unfreeze": "all"},
]


def networks() -> dict[str, nn.Module]:
    """One without BatchNorm, whose gradients are those of the global batch, and one with it."""
    layers = [nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 10)]
    return {"plain": nn.Sequential(*layers), "batchnorm": SmallResNet((1, 8, 8), 10, widths=[2, 4])}


class Wraps(L.Callback):
    """Counts the wrappers that DDP was given."""

    def __init__(self) -> None:
        self.seen: list[object] = []  # kept, so that no other gets the address of one that went

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        wrapper = trainer.strategy.model
        if not self.seen or self.seen[-1] is not wrapper:
            self.seen.append(wrapper)


def main(world_size: int) -> None:
    out = {}
    for name in networks():
        L.seed_everything(0, verbose=False)
        network, wraps = networks()[name], Wraps()
        data = Digits(batch_size=128 // world_size)
        data.setup()
        task = Classification(
            network,
            optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.9),
            scheduler=partial(ConstantLR, factor=1.0),
            class_counts=data.spec.class_counts,
        )
        trainer = L.Trainer(
            max_epochs=4,
            accelerator="cpu",
            devices=world_size,
            strategy="ddp" if world_size > 1 else "auto",
            callbacks=[Plan(PHASES, lr_decay=0.5), wraps],
            use_distributed_sampler=False,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(task, datamodule=data)
        scores = trainer.test(task, datamodule=data, verbose=False)[0]
        weights = nn.utils.parameters_to_vector(network.parameters()).tolist()
        out[name] = {"weights": weights, "scores": scores, "wraps": len(wraps.seen)}
    print(json.dumps(out))


if __name__ == "__main__":
    main(int(os.environ.get("WORLD_SIZE", "1")))
    sys.stdout.flush()
