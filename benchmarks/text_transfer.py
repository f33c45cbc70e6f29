"""From texts without a label to a hundred with one, for benchmarks/gradual_text.py: texts, network and training."""

import json
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import open_dict
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from epochwise.command_line.composer import engine_conf
from epochwise.commands.train import train
from epochwise.data.text import Text
from epochwise.data.texts.shipped_texts import docstrings
from epochwise.model.load_weights import load_weights
from epochwise.model.transformer import Transformer
from epochwise.task.classification import Classification

CONF = Path(__file__).parents[1] / "conf"
LABELS, EPOCHS, SCRATCH_EPOCHS = 100, 15, 45
RATE, SCRATCH_RATE, BATCH_SIZE, MAX_LENGTH, POSITIONS = 6e-3, 4e-3, 10, 48, 128
WIDTH, DROPOUT = 64, 0.1
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
    """The test split, 30% of the docstrings, is cut once for all seeds; no pretraining sees a word of it.

    What is left is learned from without labels, in the order in which it stands in Python's files, and is what each
    seed draws its hundred labels from.
    """
    pool, test = train_test_split(docstrings(), test_size=0.3, random_state=0, stratify=docstrings()["label"])
    (folder / "labelled").mkdir(parents=True)
    for name, frame in {"train": pool.sort_index(), "test": test}.items():
        frame[["text", "label"]].to_json(folder / f"labelled/{name}.jsonl", orient="records", lines=True)
    pool.sort_index()[["text"]].to_json(folder / "unlabelled.jsonl", orient="records", lines=True)


def pretrain(folder: Path) -> dict[str, float]:
    """A language model of the texts without labels, as ``train.py`` trains it, in ``folder/pretrained``."""
    run = folder / "pretrained"
    run.mkdir()
    train(composed("experiment=pretrain_text", f"data.path={folder}/unlabelled.jsonl", *QUIET, folder=run))
    scores: dict[str, float] = json.loads((run / "result.json").read_text())["test"]
    return scores


def few_texts(folder: Path, seed: int, labels: int | None = LABELS) -> Text:
    """A hundred texts with a label, drawn by the seed, as is the validation split; in the pretraining's tokens."""
    data = Text(
        path=f"{folder}/labelled",
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


def network(data: Text, seed: int, weights: dict[str, torch.Tensor] | None = None) -> nn.Module:
    """Drawn anew, or as the pretraining left it under a head that is new."""
    assert data.spec
    spec = data.spec
    torch.manual_seed(seed)
    sizes = {"width": WIDTH, "num_heads": 4, "num_layers": 2, "dropout": DROPOUT}
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
    folder: Path | None = None,
    load: str | None = None,
    ranks: int = 1,
) -> Fitted:
    """Train by Lightning, on a cosine from the rate to 0; nothing is chosen by a score, the last epoch counts."""
    L.seed_everything(seed, verbose=False)
    assert data.spec
    task = (kind or Classification)(
        made,
        optimizer=partial(torch.optim.AdamW, lr=rate, weight_decay=DECAY),
        scheduler=partial(CosineAnnealingLR, T_max=epochs),
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
def accuracy(made: nn.Module, data: Text, split: str = "test") -> float:
    """Share of a split that is told right; the same code for all who trained."""
    made.eval()
    right = [made(x).argmax(1) == y for x, y in data.split_dataloader(split)]
    return float(torch.cat(right).double().mean())
