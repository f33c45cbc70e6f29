"""What ``gpu.py`` trains: pictures drawn once, the network, and the words that choose both in train.py."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = 10


@dataclass(frozen=True)
class Work:
    """One thing to train.

    Args:
        about: in words, for the table.
        shape: (C, H, W) of a picture.
        number: training pictures, a multiple of ``batch``.
        batch: of all passes.
        words: for train.py, that choose the network.
        kind: of network, for the loop by hand.
        faster: words for what the device can do more, beside what train.py does by itself.
        graphs: whether the loop by hand replays CUDA graphs.
        seconds: after which it is over, come what may.
    """

    about: str
    shape: tuple[int, int, int]
    number: int
    batch: int
    words: tuple[str, ...]
    kind: str
    faster: tuple[str, ...]
    graphs: bool
    seconds: int

    def make(self, folder: Path) -> None:
        """Draw pictures of bytes and their classes: ``pictures.npz`` with train, val and test."""
        rng = np.random.default_rng(0)
        arrays: dict[str, Any] = {}
        for split, number in (("train", self.number), ("val", 2 * self.batch), ("test", 2 * self.batch)):
            x = rng.integers(0, 256, (number, *self.shape), dtype=np.uint8)
            arrays |= {f"x_{split}": x, f"y_{split}": np.arange(number) % CLASSES}
        np.savez(folder / "pictures.npz", **arrays)

    def network(self) -> Any:
        """The network for the loop by hand."""
        if self.kind == "cnn":
            from epochwise.model.cnn import CNN

            return CNN(self.shape, CLASSES, channels=(16, 32, 64), dropout=0.1)
        from torchvision.models import get_model

        return get_model(self.kind, num_classes=CLASSES)


CNN = ("model=cnn",)
GRAPHS = ("compile=reduce-overhead",)
WORKS = {
    "cnn": Work("CNN, 28 px, batch 256", (1, 28, 28), 2**18, 256, CNN, "cnn", GRAPHS, True, 150),
    "resnet50": Work(
        "ResNet-50, 224 px, batch 128",
        (3, 224, 224),
        32 * 128,
        128,
        ("model=torchvision", "model.name=resnet50"),
        "resnet50",
        (),
        False,
        150,
    ),
}
#: To see on any machine that it runs; their figures say nothing.
TINY = {
    "cnn": Work("CNN, 12 px, batch 16, tiny", (1, 12, 12), 64, 16, CNN, "cnn", GRAPHS, True, 300),
    "resnet50": Work(
        "ResNet-18, 32 px, batch 4, tiny",
        (3, 32, 32),
        8,
        4,
        ("model=torchvision", "model.name=resnet18"),
        "resnet18",
        (),
        False,
        300,
    ),
}


def write_setting(folder: Path, device: str, tiny: bool) -> None:
    """Tell the processes that train in a folder on what, and how much."""
    (folder / "setting.json").write_text(json.dumps({"device": device, "tiny": tiny}))


def read_setting(folder: Path) -> tuple[str, dict[str, Work]]:
    """The device, and the works by name."""
    setting = json.loads((folder / "setting.json").read_text())
    return setting["device"], TINY if setting["tiny"] else WORKS
