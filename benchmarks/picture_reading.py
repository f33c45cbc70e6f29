"""Measure how many pictures a second are read from files, beside torchvision's ImageFolder.

    python benchmarks/picture_reading.py

Writes 2,000 JPEGs of 400 pixels and reads them as batches of 64 pictures of 224 pixels, normalised floats: by
torchvision's ImageFolder with PIL and two workers, and by data=image_folder without a cache and with one on a disk or
in memory. The statistics that are learned before the first epoch read all of them once, so a cache is full by then.
Printed are pictures a wall second, least to most of three turns, and what a picture takes of the CPU, workers included:
where other programs run beside, that tells more.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import gc
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder as TorchvisionFolder
from torchvision.transforms import CenterCrop, Compose, Normalize, Resize, ToTensor

from epochwise.data.image_folder import ImageFolder

PICTURES, SIZE, SEEN, BATCH, TURNS = 2000, 400, 224, 64, 3


def write(root: Path) -> None:
    """Noise on smooth colours, which JPEG keeps at a size that photographs have."""
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        place = root / f"class{number % 4}"
        place.mkdir(parents=True, exist_ok=True)
        smooth = Image.fromarray(rng.integers(0, 256, (25, 25, 3), dtype=np.uint8)).resize((SIZE, SIZE))
        noisy = np.asarray(smooth) + rng.normal(0, 12, (SIZE, SIZE, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / f"{number:04}.jpg", quality=90)


def rate(make: Callable[[], Any], finish: Callable[[Any], Any] = lambda batch: batch) -> tuple[float, float]:
    """Pictures a second of an epoch, workers' start and end included, and CPU seconds a picture."""
    begun, used, seen = perf_counter(), sum(os.times()[:4]), 0
    loader = make()
    for batch in loader:
        seen += len(finish(batch)[0])
    del loader  # and its workers, who are counted when they have ended
    gc.collect()
    return seen / (perf_counter() - begun), (sum(os.times()[:4]) - used) / seen


def main() -> None:
    """Print a line a way."""
    torch.set_num_threads(1)
    logging.disable(logging.INFO)
    found: dict[str, list[tuple[float, float]]] = {}
    with TemporaryDirectory() as folder:
        root = Path(folder) / "pictures"
        write(root)
        change = Compose([Resize(256), CenterCrop(SEEN), ToTensor(), Normalize([0.5] * 3, [0.2] * 3)])
        given: dict[str, Any] = {"root": str(root), "image_size": SEEN, "batch_size": BATCH, "test_fraction": 0.01}
        given |= {"val_fraction": 0.01, "cache_folder": f"{folder}/cache"}
        for _ in range(TURNS):
            theirs = partial(DataLoader, TorchvisionFolder(str(root), change), BATCH, shuffle=True, num_workers=2)
            found.setdefault("ImageFolder, two workers", []).append(rate(theirs))
            for cache in (None, "disk", "memory"):
                data = ImageFolder(**given, cache=cache)
                data.setup()
                ours = rate(data.train_dataloader, data.on_after_batch_transfer)
                found.setdefault(f"data=image_folder data.cache={cache or 'null'}", []).append(ours)
    for name, turns in found.items():
        rates, used = zip(*turns, strict=True)
        spread = f"({min(rates):.0f} to {max(rates):.0f})"
        print(f"{name:40} {median(rates):6.0f} a second {spread:16} {1000 * median(used):.2f} ms of CPU a picture")


if __name__ == "__main__":
    main()
