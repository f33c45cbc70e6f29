"""Tiny data of each kind of target, and the words that train on it."""

from pathlib import Path

import lightning as L
import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset, TensorDataset

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
    "inputs": "data=arrays data.path={folder}/inputs.npz data.x={form:form,place:place} "
    "model._target_=tests.commands.kinds.TwoInputs model.hidden_sizes=[16]",
    "pictures": "data=image_table data.path={folder}/pictures.csv data.target=[high,left] data.kind=labels "
    "data.image_size=16 data.channels=1 data.num_workers=0 task=multilabel data.batch_size=16 model=cnn "
    "model.channels=[4,8]",
    "series": "data=series data.path={folder}/series.csv data.target=wave data.window=6 task=regression model=lstm "
    "model.hidden_size=8",
    "stream": "data=own_stream data.train={_target_:tests.commands.kinds.Stream} task=classification "
    "data.val={_target_:tests.commands.kinds.Stream,seed:1} data.test={_target_:tests.commands.kinds.Stream,seed:2} "
    "model.hidden_sizes=[16]",
    "module": "data=own_module data.module={_target_:tests.commands.kinds.Loaders} task=regression "
    "model.hidden_sizes=[16]",
}


class Pairs:
    """120 rows of four numbers, each of which is also its target: an autoencoder's data."""

    def __init__(self) -> None:
        self.rows = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.rows[index], self.rows[index]


class Stream(IterableDataset):
    """120 points of the plane in an order drawn anew each pass, and whether they lie above its diagonal."""

    def __init__(self, seed: int = 0) -> None:
        self.points = np.random.default_rng(seed).normal(size=(120, 2)).astype(np.float32)

    def __iter__(self):
        for row in np.random.permutation(len(self.points)):  # noqa: NPY002 (what the run seeds)
            yield self.points[row], int(self.points[row, 1] > self.points[row, 0])


class Loaders(L.LightningDataModule):
    """Rows of four numbers and their sum, with loaders as their owner wrote them."""

    def __init__(self, shuffle: bool = True) -> None:
        super().__init__()
        self.shuffle = shuffle

    def setup(self, stage: str) -> None:
        self.rows = torch.randn(180, 4, generator=torch.Generator().manual_seed(0))

    def loader(self, start: int, end: int) -> DataLoader:
        x = self.rows[start:end]
        several = self.trainer.world_size > 1
        shuffle = start == 0 and self.shuffle
        sampler = DistributedSampler(x, shuffle=shuffle) if several else None
        size = 16 // self.trainer.world_size
        return DataLoader(TensorDataset(x, x.sum(dim=1)), size, shuffle=shuffle and not several, sampler=sampler)

    def train_dataloader(self) -> DataLoader:
        return self.loader(0, 120)

    def val_dataloader(self) -> DataLoader:
        return self.loader(120, 150)

    def test_dataloader(self) -> DataLoader:
        return self.loader(150, 180)


class TwoInputs(torch.nn.Module):
    """A layer for each of two inputs, and a head over both."""

    def __init__(self, num_outputs: int, hidden_sizes: list[int], dropout: float, **of_an_mlp: object) -> None:
        super().__init__()
        self.form, self.place = torch.nn.Linear(64, hidden_sizes[0]), torch.nn.Linear(2, hidden_sizes[0])
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(hidden_sizes[0], num_outputs)

    def forward(self, x):
        return self.head(self.dropout(torch.relu(self.form(x["form"].flatten(1)) + self.place(x["place"]))))


class Pixels(torch.nn.Conv2d):
    """A convolution: it knows no statistics of a batch, so two ranks learn what one does."""

    def __init__(self, in_channels: int, classes: int, **of_a_unet: object) -> None:
        super().__init__(in_channels, classes, 3, padding=1)


class Flat(torch.nn.Sequential):
    """Pixels, and one layer over all of them: no statistics of a batch either."""

    def __init__(self, input_shape: list[int], num_outputs: int, **of_a_cnn: object) -> None:
        super().__init__(torch.nn.Flatten(), torch.nn.Linear(int(np.prod(input_shape)), num_outputs))


class SquaredError:
    """The mean over samples of the squared distance."""

    def __call__(self, output, y):
        return (output - y).square().sum(dim=1).mean()


def words(kind: str, folder: Path) -> list[str]:
    """What is typed for a kind of target."""
    return KINDS[kind].replace("{folder}", str(folder)).split()


def write_kinds(folder: Path) -> None:
    """Write the tables, arrays and folders of pictures that ``KINDS`` names."""
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
    wave = np.sin(np.arange(200) / 3) + 0.1 * chance.normal(size=200)
    pd.DataFrame({"wave": wave, "other": chance.normal(size=200)}).to_csv(folder / "series.csv", index=False)
    forms, places = chance.integers(0, 256, (120, 8, 8), dtype=np.uint8), chance.normal(size=(120, 2))
    forms[places[:, 0] > 0, :4] //= 2
    np.savez(folder / "inputs.npz", form=forms, place=places, y=places.sum(axis=1) > 0)
    table = []
    for number in range(60):
        mask = np.zeros((16, 16), np.uint8)
        top, left = chance.integers(1, 9, 2)
        mask[top : top + 6, left : left + 6] = 255
        Image.fromarray(mask // 2 + 40).save(folder / f"pictures/{number:02d}.png")
        Image.fromarray(mask).save(folder / f"masks/{number:02d}.png")
        table.append({"path": f"pictures/{number:02d}.png", "high": int(top < 5), "left": int(left < 5)})
    pd.DataFrame(table).to_csv(folder / "pictures.csv", index=False)
