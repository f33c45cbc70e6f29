"""Run by two processes as torchrun would, and by one: trains with three unfreezes, and prints what came out as JSON.

Arguments: names of networks below, or of conf/model.
"""

import hashlib
import json
import os
import re
import sys
import warnings
from dataclasses import asdict
from functools import partial
from pathlib import Path

import lightning as L
import numpy as np
import torch
from hydra import compose, initialize_config_dir
from torch import nn
from torch.optim.lr_scheduler import ConstantLR

from epochwise.command_line.composer import engine_conf
from epochwise.commands.build_network import build_network
from epochwise.data.digits import Digits
from epochwise.finetune.plan import Plan
from epochwise.model.small_resnet import SmallResNet
from epochwise.report.terminal import quiet
from epochwise.task.classification import Classification

from tests.rank_trainer import rank_trainer

CONF = Path(__file__).parents[2] / "conf"
#: What differs from the file in conf: dropout draws for each rank apart.
SETTINGS = {"mlp": ["model.dropout=0"], "torchvision": ["data.image_size=32"]}
STEPS, BATCH_SIZE = 4, 16  # an epoch, of those of conf/model
MOST_PRINTED = 200_000  # weights

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()


class ColouredDigits(Digits):
    """Three channels alike, for networks that take nothing else."""

    def load(self):
        found = super().load()
        found["train"].x = np.repeat(found["train"].x, 3, axis=1)
        return found


class Wraps(L.Callback):
    """Counts the wrappers that DDP was given."""

    def __init__(self) -> None:
        self.seen: list[object] = []  # kept, so that no other gets the address of one that went

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        wrapper = trainer.strategy.model
        if not self.seen or self.seen[-1] is not wrapper:
            self.seen.append(wrapper)


def network_and_data(name: str, world_size: int) -> tuple[nn.Module, Digits]:
    """One without BatchNorm, whose gradients are those of the global batch; one with it; or one of conf/model."""
    if name in ("plain", "batchnorm"):
        data = Digits(batch_size=128 // world_size)
        data.setup()
        L.seed_everything(0, verbose=False)
        layers = [nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 10)]
        return nn.Sequential(*layers) if name == "plain" else SmallResNet((1, 8, 8), 10, widths=[2, 4]), data
    with engine_conf(), initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides=[f"model={name}", *SETTINGS.get(name, [])])
    kind = ColouredDigits if name == "torchvision" else Digits
    size, share = config.data.image_size, BATCH_SIZE // world_size
    data = kind(image_size=size, batch_size=share, max_train_samples=STEPS * BATCH_SIZE)
    data.setup()
    config.spec = asdict(data.spec)
    L.seed_everything(0, verbose=False)
    return build_network(config, data.spec.class_names, resumed=False)[0], data


def phases(network: nn.Module) -> list[dict[str, object]]:
    """Quarters of the parameters, from the head down: three unfreezes, on the way a freeze and another optimizer."""
    names = [name for name, _ in network.named_parameters()]
    quarters = [[f"^{re.escape(name)}$" for name in part] for part in np.array_split(names, 4)]
    return [
        {"at_epoch": 0, "unfreeze": quarters[3]},
        {"at_epoch": 1, "unfreeze": quarters[2]},
        {"at_epoch": 2, "unfreeze": quarters[1], "freeze": quarters[2]},
        {"at_epoch": 3, "unfreeze": "all", "optimizer": partial(torch.optim.SGD, lr=0.05, momentum=0.5)},
    ]


def main(names: list[str], world_size: int) -> None:
    out = {}
    for name in names:
        network, data = network_and_data(name, world_size)
        task = Classification(
            network,
            optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.9),
            scheduler=partial(ConstantLR, factor=1.0),
            class_counts=data.spec.class_counts,
        )
        wraps = Wraps()
        trainer = rank_trainer(
            world_size,
            max_epochs=4,
            callbacks=[Plan(phases(network), lr_decay=0.5), wraps],
        )
        trainer.fit(task, datamodule=data)
        weights = nn.utils.parameters_to_vector(network.parameters()).detach()  # a test takes over those of rank 0
        scores = trainer.test(task, datamodule=data, verbose=False)[0]
        out[name] = {"digest": hashlib.sha256(weights.numpy()).hexdigest(), "scores": scores, "wraps": len(wraps.seen)}
        if len(weights) <= MOST_PRINTED:
            out[name]["weights"] = weights.tolist()
    print(json.dumps(out))


if __name__ == "__main__":
    main(sys.argv[1:], int(os.environ.get("WORLD_SIZE", "1")))
    sys.stdout.flush()
