"""Measure data=stream: memory and time beside ten times the data, ResNet-18 beside data in memory, and other loaders.

    python benchmarks/streams.py memory     # peak memory and time a sample, of 1 and 10 times the data
    python benchmarks/streams.py resnet     # seconds a sample of a training step, shards beside pictures in memory
    python benchmarks/streams.py loaders    # samples a second, beside litdata's and webdataset's; both to be installed

Pictures are JPEGs of noise on smooth colours, which are as large as photographs; rows are 30 numbers. Ways take turns;
memory is that of a process of its own. Times are CPU seconds where nothing else is said: the medians of TURNS turns.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import json
import sys
import time
from statistics import median
from typing import Any

import numpy as np
import torch
from stream_rivals import TURNS, loaders, measure_loader
from stream_work import BATCH, FOLDER, child, epoch_of, pictures, rows, shards, stream


def measure_epoch(path: str, workers: str) -> None:
    settings = {"num_workers": int(workers)}
    data = stream(path, **settings)
    print(json.dumps(epoch_of(data.train_dataloader(), int(workers))))


def memory() -> None:
    of_rows = ("target=c30", "kind=number")
    two_pictures = [shards(pictures(count, 160)) for count in (2_004, 20_004)]
    two_rows = [shards(rows(count), *of_rows) for count in (100_000, 1_000_000)]
    for kind, few, many, workers in (("rows", *two_rows, (0,)), ("pictures", *two_pictures, (0, 2))):
        for number in workers:
            found: dict[int, list[dict[str, Any]]] = {1: [], 10: []}
            for _ in range(3 if number == 0 else 1):
                for times, path in ((1, few), (10, many)):
                    found[times].append(child("measure_epoch", str(path), str(number)))
            for name, unit, scale in (("peak", "MB", 1), ("worker", "MB", 1), ("cpu", "us", 1e6), ("wall", "us", 1e6)):
                one, ten = (scale * median(each[name] for each in found[times]) for times in (1, 10))
                if one:
                    print(f"{kind}, {number} workers, {name}: {one:.1f} {unit} of 1, {ten:.1f} of 10 times the data, "
                          f"{ten / one - 1:+.1%}", flush=True)  # fmt: skip


def steps(data: Any) -> float:
    """CPU seconds a sample of training ResNet-18 on some batches."""
    from torch.nn.functional import cross_entropy
    from torchvision.models import resnet18

    torch.manual_seed(0)
    network = resnet18(num_classes=2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    loader, seen, begun = iter(data.train_dataloader()), 0, 0.0
    for number in range(6):
        if number == 1:  # the first batch is for warming up
            begun, seen = time.process_time(), 0
        x, y = data.on_after_batch_transfer(list(next(loader)))
        loss = cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += len(x)
    return (time.process_time() - begun) / seen


def resnet() -> None:
    side = 64
    path = shards(pictures(1_004, 160))
    data = stream(str(path), image_size=side)
    arrays = FOLDER / "arrays.npz"
    splits = {}
    for split in ("train", "val", "test"):
        x, y = data.splits[split][list(range(data.num_samples[split]))]
        splits |= {f"x_{split}": x.numpy(), f"y_{split}": y.numpy()}
    np.savez(arrays, **splits)
    from epochwise.data.arrays import Arrays

    held = Arrays(path=str(arrays), batch_size=BATCH)
    held.setup()
    torch.set_num_threads(1)
    found = [(steps(data), steps(held)) for _ in range(TURNS)]
    ratios = [ours / theirs for ours, theirs in found]
    ms = [1000 * median(each) for each in zip(*found, strict=True)]
    print(f"ResNet-18, {side} pixels: {ms[0]:.2f} ms a sample from shards, {ms[1]:.2f} from memory; "
          f"pairs {min(ratios):.3f} to {max(ratios):.3f}, median {median(ratios):.3f}")  # fmt: skip


PARTS = {each.__name__: each for each in (memory, resnet, loaders, measure_epoch, measure_loader)}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
