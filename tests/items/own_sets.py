"""Data sets as people have them: map-style, of every form of item."""

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset


class Points(Dataset):
    """Points of the plane and whether they lie above its diagonal; jittered anew each time where ``jitter`` is set."""

    def __init__(self, n=160, jitter=0.0, form="tuple", seed=0):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(n, 2))  # float64, as NumPy has it
        self.y = (self.x[:, 0] > self.x[:, 1]).astype(int)
        self.jitter, self.form, self.read = jitter, form, []

    def __len__(self):
        return len(self.x)

    def __getitem__(self, row):
        self.read.append(row)
        x = self.x[row] + self.jitter * (torch.randn(2).numpy() + np.random.randn(2))  # noqa: NPY002
        y = int(self.y[row])
        return {
            "tuple": lambda: (x, y),
            "dict": lambda: {"point": x, "label": torch.tensor(y)},
            "two inputs": lambda: (x[:1], x[1:], y),
            "name": lambda: (x, ["above", "below"][1 - y]),
            "alone": lambda: x,
            "labels": lambda: (x, np.array([y, 1 - y, 0], np.float32)),
            "number": lambda: (x, float(x.sum())),
            "numbers": lambda: (x, x.astype(np.float32)),
            "lists": lambda: {"point": x, "target": list(range(row))},
        }[self.form]()


class Pictures(Dataset):
    """Pictures of PIL with a mask each: what is bright."""

    classes = ("dark", "bright")

    def __len__(self):
        return 20

    def __getitem__(self, row):
        pixels = np.random.default_rng(row).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        return Image.fromarray(pixels), (pixels.mean(2) > 128).astype(np.int64)


class Sentences(Dataset):
    """Rows of tokens of unequal length, and the token after each."""

    def __len__(self):
        return 20

    def __getitem__(self, row):
        tokens = 1 + np.arange(row, row + 3 + row % 4) % 5
        return torch.as_tensor(tokens[:-1]), torch.as_tensor(tokens[1:])
