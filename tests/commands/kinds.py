"""Tiny data of each kind of target, and the words that train on it."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image

#: kind -> what is typed, {folder} being where ``write_kinds`` has put the files.
KINDS = {
    "labels": "data=table data.path={folder}/rows.csv data.target=[drama,comedy] data.kind=labels task=multilabel "
    "data.ignore_columns=[first,second] model.hidden_sizes=[16] monitor=val/map mode=max",
    "numbers": "data=table data.path={folder}/rows.csv data.target=[first,second] data.kind=number task=regression "
    "data.ignore_columns=[drama,comedy] model.hidden_sizes=[16]",
    "mask": "data=masks data.root={folder} data.image_size=16 data.channels=1 data.classes={ground:0,thing:255} "
    "data.num_workers=0 task=segmentation model=unet model.encoder_name=tu-test_resnet model.encoder_depth=3 "
    "model.decoder_channels=[8,8,4] monitor=val/miou mode=max",
    "text": "data=text data.path={folder}/texts.csv data.max_length=8 model=lstm model.embedding_size=8 "
    "model.hidden_size=8",
    "tokens": "data=text data.path={folder}/texts.csv data.kind=tokens data.tokenizer=characters data.max_length=16 "
    "task=language_model model=transformer model.width=8 model.num_heads=2 monitor=val/perplexity",
    "own": "data=own data.train={_target_:tests.commands.kinds.Pairs} data.target=own task=own model=mlp "
    "task.loss._target_=tests.commands.kinds.SquaredError model.num_outputs=4 model.hidden_sizes=[16]",
}


class Pairs:
    """120 rows of four numbers, each of which is also its target: an autoencoder's data."""

    def __init__(self) -> None:
        self.rows = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.rows[index], self.rows[index]


class Pixels(torch.nn.Conv2d):
    """A convolution: it knows no statistics of a batch, so two ranks learn what one does."""

    def __init__(self, in_channels: int, classes: int, **of_a_unet: object) -> None:
        super().__init__(in_channels, classes, 3, padding=1)


class SquaredError:
    """The mean over samples of the squared distance."""

    def __call__(self, output, y):
        return (output - y).square().sum(dim=1).mean()


def words(kind: str, folder: Path) -> list[str]:
    """What is typed for a kind of target."""
    return KINDS[kind].replace("{folder}", str(folder)).split()


def write_kinds(folder: Path) -> None:
    """Write ``rows.csv``, ``texts.csv``, ``pictures`` and ``masks``."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(160, 3))
    rows = pd.DataFrame(x, columns=["a", "b", "c"])
    rows["drama"], rows["comedy"] = (x[:, 0] > 0).astype(int), (x[:, 1] > 0.5).astype(int)
    rows["first"], rows["second"] = 3 * x[:, 0] + 1, x[:, 1] - x[:, 2]
    rows.to_csv(folder / "rows.csv", index=False)
    words_of = {"pos": ["good", "fine", "nice"], "neg": ["bad", "poor", "awful"]}
    labels = [("pos", "neg")[row % 2] for row in range(120)]
    texts = [" ".join(chance.choice([*words_of[label], "the", "film"], 6)) for label in labels]
    pd.DataFrame({"text": texts, "label": labels}).to_csv(folder / "texts.csv", index=False)
    for name in ("pictures", "masks"):
        (folder / name).mkdir()
    for number in range(60):
        mask = np.zeros((16, 16), np.uint8)
        top, left = chance.integers(1, 9, 2)
        mask[top : top + 6, left : left + 6] = 255
        Image.fromarray(mask // 2 + 40).save(folder / f"pictures/{number:02d}.png")
        Image.fromarray(mask).save(folder / f"masks/{number:02d}.png")
