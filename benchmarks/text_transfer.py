"""From texts without a label to a hundred with one, for benchmarks/gradual_text.py: texts, network and training."""

import json
import os
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import pandas as pd
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import open_dict
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR

from epochwise.command_line.composer import engine_conf
from epochwise.commands.train import train
from epochwise.data.text import Text
from epochwise.data.texts.shipped_texts import docstrings, library
from epochwise.model.load_weights import load_weights
from epochwise.model.transformer import Transformer
from epochwise.task.classification import Classification

LABELLED = "choosing" if os.environ.get("CHOOSE") == "1" else "labelled"
CONF = Path(__file__).parents[1] / "conf"
LABELS, EPOCHS, SCRATCH_EPOCHS = 100, 15, 45
RATE, SCRATCH_RATE, BATCH_SIZE, MAX_LENGTH, POSITIONS = 6e-3, 4e-3, 10, 48, 128
WIDTH, DROPOUT = 64, 0.1
PRETRAINING = ("trainer.max_epochs=8", "data.max_tokens=5000", "model.dropout=0.1")
DECAY, SMOOTHING = 0.05, 0.1
QUIET = ("report=false", "~callbacks.train_eval", "~callbacks.progress_bar", "~callbacks.model_summary")


class Fitted(NamedTuple):
    """A network that was trained, and the CPU seconds of its training."""

    network: nn.Module
    seconds: float


def composed(*overrides: str, folder: Path | None = None) -> Any:
    """What ``train.py`` would run."""
    with engine_conf(), initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides=list(overrides))
    with open_dict(config):
        config.run_folder = str(folder)
    return config


def plan(name: str, *overrides: str) -> L.Callback:
    """The callback of finetune=NAME, made anew for a run."""
    made: L.Callback = instantiate(composed(f"finetune={name}", *overrides).finetune, _convert_="all")
    return made


def write_texts(folder: Path) -> None:
    """Cut the docstrings once for all seeds: 30% are the test split, 28% are held back to choose settings by.

    No pretraining sees a word of those. What is left is what each seed draws its hundred labels from, and is learned
    from without labels, in the order in which it stands in Python's files, before the docstrings of all other packages.
    """
    labelled, test = train_test_split(docstrings(), test_size=0.3, random_state=1, stratify=docstrings()["label"])
    pool, held_back = train_test_split(labelled, test_size=0.4, random_state=1, stratify=labelled["label"])
    pool = pool.sort_index()
    for name, scored_on in {"labelled": test, "choosing": held_back}.items():
        (folder / name).mkdir(parents=True)
        for split, frame in {"train": pool, "test": scored_on}.items():
            frame[["text", "label"]].to_json(folder / f"{name}/{split}.jsonl", orient="records", lines=True)
    unlabelled = pd.concat([pool[["text"]], library()[["text"]]])
    unlabelled.to_json(folder / "unlabelled.jsonl", orient="records", lines=True)


def pretrain(folder: Path) -> dict[str, float]:
    """A language model of the texts without labels, as ``train.py`` trains it, in ``folder/pretrained``."""
    run = folder / "pretrained"
    run.mkdir()
    texts = f"data.path={folder}/unlabelled.jsonl"
    train(composed("experiment=pretrain_text", texts, *PRETRAINING, *QUIET, folder=run))
    scores: dict[str, float] = json.loads((run / "result.json").read_text())["test"]
    return scores


def few_texts(folder: Path, seed: int, labels: int | None = LABELS) -> Text:
    """A hundred texts with a label, drawn by the seed, as is the validation split; in the pretraining's tokens."""
    data = Text(
        path=f"{folder}/{LABELLED}",
        tokenizer=f"{folder}/pretrained",
        max_length=MAX_LENGTH,
        batch_size=BATCH_SIZE,
        val_fraction=0.2,
        max_train_samples=labels,
        split_seed=seed,
        order_seed=seed,
    )
    data.setup()
    return data


def network(
    data: Text, seed: int, weights: dict[str, torch.Tensor] | None = None, dropout: float = DROPOUT
) -> nn.Module:
    """Drawn anew, or as the pretraining left it under a head that is new."""
    assert data.spec
    spec = data.spec
    torch.manual_seed(seed)
    sizes = {"width": WIDTH, "num_heads": 4, "num_layers": 2, "dropout": dropout}
    shape = spec.input_shape, spec.num_outputs, spec.target, spec.num_tokens, spec.pad_id, POSITIONS
    made = Transformer(*shape, **sizes)
    if weights:
        load_weights(made, weights, "the pretraining", same_classes=False)
    return made


def fit(
    made: nn.Module,
    data: Text,
    seed: int,
    rate: float = RATE,
    epochs: int = EPOCHS,
    callbacks: Sequence[L.Callback] = (),
    kind: Any = None,
    constant: bool = False,
    folder: Path | None = None,
    load: str | None = None,
    ranks: int = 1,
) -> Fitted:
    """Train by Lightning, on a cosine from the rate to 0 or at one rate; the last epoch counts, whatever it scores."""
    L.seed_everything(seed, verbose=False)
    assert data.spec
    task = (kind or Classification)(
        made,
        optimizer=partial(torch.optim.AdamW, lr=rate, weight_decay=DECAY),
        scheduler=partial(ConstantLR, factor=1.0) if constant else partial(CosineAnnealingLR, T_max=epochs),
        class_counts=data.spec.class_counts,
        label_smoothing=SMOOTHING,
    )
    trainer = L.Trainer(
        accelerator="cpu",
        devices=ranks,
        strategy="ddp" if ranks > 1 else "auto",
        max_epochs=epochs,
        callbacks=list(callbacks),
        limit_val_batches=1,
        check_val_every_n_epoch=epochs if kind is None else 1,  # finetuning-scheduler wants a score each epoch
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=kind is not None or folder is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=str(folder or tempfile.gettempdir()),
        use_distributed_sampler=False,
    )
    began = time.process_time()
    trainer.fit(task, datamodule=data, ckpt_path=load, weights_only=load is None or None)
    return Fitted(made, time.process_time() - began)


@torch.no_grad()
def outputs(made: nn.Module, data: Text, split: str = "test") -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (N, C) and classes (N,) of a split; the same code for all who trained."""
    made.eval()
    each = [(made(x), y) for x, y in data.split_dataloader(split)]
    return torch.cat([output for output, _ in each]), torch.cat([y for _, y in each])


def scored(made: nn.Module, data: Text) -> tuple[float, float]:
    """Share of the test split that is told right, and the cross-entropy in nats."""
    output, y = outputs(made, data)
    return float((output.argmax(1) == y).double().mean()), float(functional.cross_entropy(output, y))
