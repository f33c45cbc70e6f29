"""Who fine-tunes in benchmarks/gradual_text.py: the plans of finetune=..., and others on the same work."""

import os
import time
from collections.abc import Callable, Iterator
from math import cos, floor, pi
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import BackboneFinetuning
from real_transfer import Rival
from text_transfer import DECAY, EPOCHS, RATE, SMOOTHING, Fitted, Text, fit, plan
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.finetune.phases import nearest_epoch
from epochwise.model.stages import stages
from epochwise.task.optimized import decay_groups

EVERY = 0.5  # epochs from one stage to the next, each begins with the nearest whole epoch: 0, 1, 1, 2


def cut(made: nn.Module, every: float) -> dict[int, list[str]]:
    """Epoch -> the names of what trains from then on, from the head down."""
    found: dict[int, list[str]] = {}
    for depth, names in enumerate(reversed(stages(made).values())):
        found.setdefault(nearest_epoch(depth * every), []).extend(names)
    return found


def thaw(made: nn.Module, epoch: int, every: float) -> None:
    names = {name for start, names in cut(made, every).items() if start <= epoch for name in names}
    for name, parameter in made.named_parameters():
        parameter.requires_grad_(name in names)


def gradual(made: nn.Module, data: Text, seed: int, every: float = EVERY, **settings: Any) -> Fitted:
    callback = plan("gradual", f"finetune.one_stage_every_n_epochs={every}")
    return fit(made, data, seed, callbacks=[callback, *settings.pop("callbacks", ())], **settings)


def whole(made: nn.Module, data: Text, seed: int, every: float = EVERY, **settings: Any) -> Fitted:
    return fit(made, data, seed, **settings)


def backbone_finetuning(made: nn.Module, data: Text, seed: int, every: float = EVERY, **settings: Any) -> Fitted:
    """The head, then all at once: it knows no stages between."""
    callback = BackboneFinetuning(1, lambda_func=lambda _: 1.0, backbone_initial_ratio_lr=1.0, should_align=False)
    return fit(made, data, seed, callbacks=[callback, *settings.pop("callbacks", ())], kind=Rival, **settings)


def finetuning_scheduler(made: nn.Module, data: Text, seed: int, every: float = EVERY, **settings: Any) -> Fitted:
    from finetuning_scheduler import FinetuningScheduler

    epochs, rate, phases = settings.get("epochs", EPOCHS), settings.get("rate", RATE), list(cut(made, every).items())
    ends = [start for start, _ in phases[1:]] + [epochs]
    schedule: dict[int, dict[str, Any]] = {
        phase: {"params": [f"network.{name}" for name in names], "max_transition_epoch": end}
        | ({"lr": rate} if phase else {})
        for phase, ((_, names), end) in enumerate(zip(phases, ends, strict=True))
    }
    callback = FinetuningScheduler(ft_schedule=schedule, epoch_transitions_only=True, restore_best=False)
    return fit(made, data, seed, callbacks=[callback, *settings.pop("callbacks", ())], kind=Rival, **settings)


class _Told(nn.Module):
    """A network as Hugging Face's Trainer wants it: with its loss."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        output = self.network(x)
        return {"loss": functional.cross_entropy(output, y, label_smoothing=SMOOTHING), "logits": output}


class _Batches:
    """The same batches in the same order, as a loader of dicts."""

    def __init__(self, data: Text) -> None:
        ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.dataset, self.collate = data.splits["train"], data.splits["train"].datasets
        self.order = EpochBatches(len(self.dataset), data.batch_size, data.order_seed, True, False, *ranks)

    def __len__(self) -> int:
        return len(self.order)

    def set_epoch(self, epoch: int) -> None:
        self.order.set_epoch(epoch)

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        x, y = self.collate
        return ({"x": x[rows], "y": y[rows]} for rows in self.order)


def _trainer(
    made: nn.Module,
    data: Text,
    seed: int,
    callbacks: list[Any],
    rate: float,
    epochs: int,
    constant: bool,
    folder: Path | None,
) -> Any:
    from transformers import Trainer, TrainingArguments

    batches = _Batches(data)

    class WithBatches(Trainer):
        def get_train_dataloader(self) -> Any:
            return batches

    optimizer = torch.optim.AdamW(decay_groups(made), lr=rate, weight_decay=DECAY)
    scale = [1.0 if constant else (1 + cos(pi * epoch / epochs)) / 2 for epoch in range(epochs + 1)]
    arguments = TrainingArguments(
        output_dir=str(folder or "unused"),
        num_train_epochs=epochs,
        max_grad_norm=0.0,
        save_strategy="epoch" if folder else "no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        ddp_backend="gloo" if "RANK" in os.environ else None,
        seed=seed,
    )
    return WithBatches(
        _Told(made),
        arguments,
        callbacks=callbacks,
        optimizers=(optimizer, LambdaLR(optimizer, lambda step: scale[min(floor(step / len(batches)), epochs)])),
    )


def _trained(trainer: Any, made: nn.Module, load: Any) -> Fitted:
    from transformers import PrinterCallback

    trainer.pop_callback(PrinterCallback)
    began = time.process_time()
    trainer.train(resume_from_checkpoint=load)
    return Fitted(made, time.process_time() - began)


def hugging_face(
    made: nn.Module,
    data: Text,
    seed: int,
    every: float | None = None,
    rate: float = RATE,
    epochs: int = EPOCHS,
    callbacks: Any = (),
    constant: bool = False,
    folder: Path | None = None,
    load: Any = None,
    ranks: int = 1,
) -> Fitted:
    trainer = _trainer(made, data, seed, list(callbacks), rate, epochs, constant, folder)
    return _trained(trainer, made, load)


def hugging_face_gradual(made: nn.Module, data: Text, seed: int, every: float = EVERY, **settings: Any) -> Fitted:
    """Frozen before its Trainer is made, thawed by a callback at an epoch's start, as its users write it."""
    from transformers import TrainerCallback

    class Thaw(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            thaw(made, round(state.epoch), every)

    thaw(made, 0, every)
    return hugging_face(made, data, seed, callbacks=[*settings.pop("callbacks", ()), Thaw()], **settings)


#: name -> trains a pretrained network
WAYS: dict[str, Callable[..., Fitted]] = {
    "finetune=gradual": gradual,
    "finetuning-scheduler, gradual": finetuning_scheduler,
    "Hugging Face's Trainer, gradual": hugging_face_gradual,
    "BackboneFinetuning": backbone_finetuning,
    "finetune=none": whole,
    "Hugging Face's Trainer, whole": hugging_face,
}

#: Its rate, and whether that is the same to the end or falls on a cosine; chosen where CHOOSE=1 looks. Who does the
#: same work has the same.
SETTINGS: dict[str, dict[str, Any]] = {name: {"rate": 6e-3, "constant": True} for name in WAYS}
SETTINGS["BackboneFinetuning"] = {"rate": 6e-3, "constant": False}
