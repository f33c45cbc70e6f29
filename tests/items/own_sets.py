"""Data sets as people have them: map-style, of every form of item."""

import lightning as L
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset, get_worker_info


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
            "labels": lambda: (x, np.array([y, 1 - y, row % 2], np.float32)),
            "number": lambda: (x, float(x.sum())),
            "numbers": lambda: (x, x.astype(np.float32)),
            "pair": lambda: (x, x[::-1].copy()),
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


class Stream(IterableDataset):
    """Points one after another, in an order drawn anew each pass where ``shuffle`` is set."""

    def __init__(self, n=100, seed=0, shuffle=False, endless=False, form="tuple"):
        self.points, self.shuffle, self.endless = Points(n, seed=seed, form=form), shuffle, endless
        self.given = 0  # by this process

    def order(self):
        n = len(self.points)
        return np.random.permutation(n).tolist() if self.shuffle else list(range(n))  # noqa: NPY002

    def __iter__(self):
        while True:
            for row in self.order():
                self.given += 1
                yield self.points[row]
            if not self.endless:
                return


class StatefulStream(Stream):
    """Goes on where it was left, by the convention of torchdata."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.left, self.done = None, 0

    def state_dict(self):
        return {"left": self.left, "done": self.done}

    def load_state_dict(self, state):
        self.left, self.done = state["left"], state["done"]

    def __iter__(self):
        self.left = self.order() if self.left is None else self.left
        while self.done < len(self.left):
            self.done += 1
            self.given += 1
            yield self.points[self.left[self.done - 1]]
        self.left, self.done = None, 0


class ShardedStream(Stream):
    """Gives each worker rows of its own."""

    def order(self):
        worker = get_worker_info()
        return super().order()[worker.id :: worker.num_workers] if worker else super().order()


class OwnLoaders(L.LightningDataModule):
    """A data module as its owner wrote it, with loaders and a hook of its own."""

    def __init__(self, workers=0, form="tuple", jitter=0.0, seed=None):
        super().__init__()
        self.workers, self.form, self.jitter, self.seed = workers, form, jitter, seed

    def setup(self, stage):
        self.sets = {n: Points(n, self.jitter if n == 100 else 0.0, self.form, seed=n) for n in (100, 30, 20)}

    def train_dataloader(self):
        own = None if self.seed is None else torch.Generator().manual_seed(self.seed)
        return DataLoader(self.sets[100], 16, shuffle=True, num_workers=self.workers, generator=own)

    def val_dataloader(self):
        return DataLoader(self.sets[30], 13)

    def test_dataloader(self):
        return DataLoader(self.sets[20], 13)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        return [batch[0] * 2, *batch[1:]] if isinstance(batch, list) else batch


class SharedLoaders(OwnLoaders):
    """Shares its samples out over processes, as Lightning's manual has it."""

    def shared(self, n, batch_size, shuffle):
        several = self.trainer.world_size > 1
        sampler = DistributedSampler(self.sets[n], shuffle=shuffle) if several else None
        return DataLoader(self.sets[n], batch_size, shuffle=shuffle and not several, sampler=sampler)

    def train_dataloader(self):
        return self.shared(100, 16, shuffle=True)

    def val_dataloader(self):
        return self.shared(30, 13, shuffle=False)

    def test_dataloader(self):
        return self.shared(20, 13, shuffle=False)


class SumOfTwo(nn.Module):
    """A network of two inputs by name."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(torch.cat([x["input_0"], x["input_1"]], dim=1))
