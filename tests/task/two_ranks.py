"""Run by two processes as torchrun would, and by one: trains and scores, and prints what came out as JSON.

One argument: batches an optimizer step, of 16 samples in all.
"""

import json
import os
import sys
import warnings

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.report.terminal import quiet
from epochwise.task.classification import Classification

from tests.rank_trainer import rank_trainer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()


class Noise(SplitDataModule):
    """157 samples to train on and a given number to test on."""

    def __init__(self, num_test: int, batch_size: int) -> None:
        self.num_test = num_test
        super().__init__(batch_size=batch_size, val_fraction=0.2)

    def load(self):
        rng = np.random.default_rng(0)

        def draw(n):
            x = rng.normal(size=(n, 6)).astype(np.float32)
            return Samples(x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0), ["none", "one", "both"])

        return {"train": draw(157), "test": draw(self.num_test)}


def main(world_size: int, accumulated: int) -> None:
    out = {}
    for num_test in (5, 33, 101, 499):
        L.seed_everything(0, verbose=False)
        data = Noise(num_test, batch_size=16 // world_size // accumulated)
        data.setup()
        net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
        task = Classification(
            net,
            optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
            scheduler=lambda optimizer: ConstantLR(optimizer, factor=1.0),
            class_counts=data.spec.class_counts,
        )
        trainer = rank_trainer(world_size, max_epochs=3, accumulate_grad_batches=accumulated)
        trainer.fit(task, datamodule=data)
        scores = {name: float(value) for name, value in trainer.callback_metrics.items()}
        weights = nn.utils.parameters_to_vector(net.parameters()).tolist()  # a test takes over those of rank 0
        scores |= trainer.test(task, datamodule=data, verbose=False)[0]
        out[num_test] = scores | {"weights": weights}
    print(json.dumps(out))


if __name__ == "__main__":
    main(int(os.environ.get("WORLD_SIZE", "1")), *(int(word) for word in sys.argv[1:] or ["1"]))
    sys.stdout.flush()
