"""From many digits to a few others, for benchmarks/finetuning.py: data, network and training."""

import os
import tempfile
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import lightning as L
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torchvision.transforms import v2

from epochwise.data.digits import Digits
from epochwise.data.split_data_module import SplitDataModule
from epochwise.model.load_weights import load_weights
from epochwise.model.small_resnet import SmallResNet
from epochwise.task.classification import Classification

EPOCHS, SCRATCH_EPOCHS, SCRATCH_RATE = 20, 60, 1e-2
#: As in experiment=pretrain: other slants and sizes, and as coarse as digits whose 8 pixels are made 20.
AUGMENT = v2.Compose(
    [
        v2.RandomAffine(10, translate=(0.07, 0.07), scale=(0.85, 1.15), shear=10),
        v2.RandomApply([v2.Resize(11), v2.Resize(28)], p=0.7),
    ]
)


class Rival(Classification):
    """The task as other implementations want it: a ``backbone``, and what is frozen is not in the optimizer."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.parameter_groups = lambda network: [
            {"params": [parameter for parameter in network.parameters() if parameter.requires_grad]}
        ]
        children = dict(self.network.named_children())
        children.pop("head")
        # Not registered once more: the names of the weights stay those of the network.
        object.__setattr__(self, "backbone", nn.ModuleDict(children))

    def validation_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        loss, prediction = self.measure("val", batch)
        self.log("val_loss", loss, batch_size=len(batch[1]))  # finetuning-scheduler keeps checkpoints by that name
        return prediction


class Fitted(NamedTuple):
    """A network that was trained, and what it scored."""

    network: nn.Module
    accuracy: float


def network(num_classes: int, weights: dict[str, torch.Tensor] | None = None, same_classes: bool = True) -> nn.Module:
    """The 78,000 parameters, drawn anew or pretrained."""
    torch.manual_seed(0)
    made = SmallResNet((1, 28, 28), num_classes)
    if weights:
        load_weights(made, weights, "the pretraining", same_classes)
    return made


def few_digits(labels: int, seed: int, classes: Sequence[int] | None = None) -> Digits:
    """Digits of which a few are labelled; the seed draws which, and the test split."""
    data = Digits(
        image_size=28, classes=classes, batch_size=10, max_train_samples=labels, split_seed=seed, order_seed=seed
    )
    data.setup()
    return data


def pretrained(data: SplitDataModule, epochs: int) -> Fitted:
    """A network trained on all of a data set, and its test accuracy."""
    data.augment = AUGMENT
    data.setup()
    assert data.spec
    return fit(network(data.spec.num_outputs), data, 5e-3, epochs, seed=0)


def fit(
    made: nn.Module,
    data: Any,
    rate: float,
    epochs: int,
    seed: int,
    callback: L.Callback | None = None,
    kind: Any = None,
    schedule: Any = None,
    save: str | None = None,
    load: str | None = None,
    ranks: int = 1,
) -> Fitted:
    """Train, on a cosine from the rate to 0 where no schedule is given, and test what the last epoch left."""
    L.seed_everything(seed, verbose=False)
    task = (kind or Classification)(
        made,
        optimizer=partial(torch.optim.AdamW, lr=rate, weight_decay=0.05),
        scheduler=schedule or partial(CosineAnnealingLR, T_max=epochs),
        class_counts=data.spec.class_counts,
        label_smoothing=0.1,
    )
    trainer = L.Trainer(
        accelerator="cpu",
        devices=ranks,
        strategy="ddp" if ranks > 1 else "auto",
        max_epochs=epochs,
        callbacks=[callback] if callback else None,
        limit_val_batches=1,
        check_val_every_n_epoch=epochs if kind is None else 1,  # finetuning-scheduler wants a score each epoch
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=kind is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=os.path.join(tempfile.gettempdir(), "epochwise-benchmark"),
        use_distributed_sampler=False,
    )
    trainer.fit(task, datamodule=data, ckpt_path=load, weights_only=load is None or None)
    if save:
        trainer.save_checkpoint(save)
    if ranks > 1:  # a test would give all of them the weights of rank 0
        return Fitted(task.network, float("nan"))
    scores = trainer.test(task, datamodule=data, verbose=False)[0]
    return Fitted(task.network, scores["test/accuracy"])
