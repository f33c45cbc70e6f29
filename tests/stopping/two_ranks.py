"""Run by two processes as torchrun would, and by one: trains until it is stopped, and prints when, as JSON."""

import json
import os
import sys
import warnings
from functools import partial

import lightning as L
import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR

from epochwise.data.digits import Digits
from epochwise.report.terminal import quiet
from epochwise.scheduler.cosine import Cosine
from epochwise.scheduler.lightning_schedule import ByTime
from epochwise.scheduler.wsd import WSD
from epochwise.stopping.adaptive import Adaptive
from epochwise.stopping.early import Early
from epochwise.task.classification import Classification

from tests.rank_trainer import rank_trainer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()


class Apart(Classification):
    """Validates to a score of its own on each rank: one gets better, the other does not."""

    def on_validation_epoch_end(self) -> None:
        self.log("val/own", -float(self.current_epoch) * (self.global_rank == 0), sync_dist=False)
        super().on_validation_epoch_end()


class Rates(L.Callback):
    """Notes the rate of every step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_train_batch_start(self, trainer: L.Trainer, *_: object) -> None:
        self.seen.append(trainer.optimizers[0].param_groups[0]["lr"])


def main(world_size: int) -> None:
    out = {}
    constant = partial(ConstantLR, factor=1.0)
    cases = {
        "early": (Classification, Early("val/loss", "min", patience=2), constant, {}),
        "adaptive": (Classification, Adaptive("val/loss", "min"), partial(WSD, max_epochs=60), {}),
        "apart": (Apart, Early("val/own", "min", patience=3), constant, {"max_epochs": 12}),
        "time": (Classification, ByTime(), partial(Cosine, max_epochs=60), {"max_time": {"seconds": 3}}),
    }
    for name, (task_class, stopping, schedule, settings) in cases.items():
        L.seed_everything(0, verbose=False)
        data, rates = Digits(batch_size=256 // world_size), Rates()
        data.setup()
        torch.set_default_dtype(torch.float64)  # where a sum falls on zero, a unit may be on in one process alone
        task = task_class(
            nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)),
            optimizer=partial(torch.optim.SGD, lr=0.3, momentum=0.9),
            scheduler=schedule,
            class_counts=data.spec.class_counts,
        )
        torch.set_default_dtype(torch.float32)
        trainer = rank_trainer(
            world_size,
            precision="64-true",
            callbacks=[stopping, rates],
            default_root_dir=os.environ["RUN_FOLDER"],
            **{"max_epochs": 60} | settings,
        )
        trainer.fit(task, datamodule=data)
        found = {"epochs": trainer.current_epoch, "reason": getattr(stopping, "reason", None), "rates": rates.seen}
        out[name] = found | {"weights": nn.utils.parameters_to_vector(task.network.parameters()).tolist()}
    print(json.dumps(out))


if __name__ == "__main__":
    main(int(os.environ.get("WORLD_SIZE", "1")))
    sys.stdout.flush()
