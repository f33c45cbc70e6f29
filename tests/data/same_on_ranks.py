"""Run by one process, by two as torchrun would, and by torchrun: trains and scores, and prints what came out as JSON.

Three arguments: a folder that holds, for each number of test samples, pictures and their shards; machines; ``memory``
or ``stream``.
"""

import json
import os
import sys
import warnings
from pathlib import Path

import lightning as L
import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR

from epochwise.data.image_folder import ImageFolder
from epochwise.data.stream import Stream
from epochwise.report.terminal import quiet
from epochwise.task.classification import Classification

from tests.rank_trainer import rank_trainer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()

GLOBAL_BATCH = 16


def data_of(folder: Path, source: str, batch_size: int) -> L.LightningDataModule:
    settings = {"batch_size": batch_size, "num_workers": 0, "image_size": 8, "channels": 1}
    if source == "stream":
        return Stream(path=str(folder / "shards"), **settings)
    return ImageFolder(root=str(folder / "pictures"), **settings)


def main(folder: str, machines: int, source: str) -> None:
    world_size, out = int(os.environ.get("WORLD_SIZE", "1")), {}
    for place in sorted(Path(folder).iterdir()):
        L.seed_everything(0, verbose=False)
        data = data_of(place, source, GLOBAL_BATCH // world_size)
        data.setup()
        net = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3))
        task = Classification(
            net,
            optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
            scheduler=lambda optimizer: ConstantLR(optimizer, factor=1.0),
            class_counts=data.spec.class_counts,
        )
        trainer = rank_trainer(world_size, machines, max_epochs=3)
        trainer.fit(task, datamodule=data)
        scores = {name: float(value) for name, value in trainer.callback_metrics.items()}
        scores |= trainer.test(task, datamodule=data, verbose=False)[0]
        out[place.name] = scores | {"weights": nn.utils.parameters_to_vector(net.parameters()).tolist()}
    print(json.dumps(out))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    sys.stdout.flush()
