"""Measure data=stream: memory and time beside ten times the data, ResNet-18 beside data in memory, and other loaders.

    python benchmarks/streams.py memory     # peak memory and time a sample, of 1 and 10 times the data
    python benchmarks/streams.py resnet     # seconds a sample of a training step, shards beside pictures in memory
    python benchmarks/streams.py loaders    # samples a second, beside litdata's and webdataset's; both to be installed

Pictures are JPEGs of noise on smooth colours, which are as large as photographs; rows are 30 numbers. Ways take turns;
memory is that of a process of its own. Times are CPU seconds where nothing else is said: the medians of TURNS turns.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import io
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

TURNS, BATCH = 5, 64
FOLDER = Path("/tmp") / "epochwise-streams"


def picture(rng: np.random.Generator, side: int) -> bytes:
    smooth = Image.fromarray(rng.integers(0, 256, (side // 16, side // 16, 3), dtype=np.uint8)).resize((side, side))
    noisy = np.asarray(smooth) + rng.normal(0, 8, (side, side, 3))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def pictures(count: int, side: int) -> Path:
    """A folder of so many, in two classes, of which all but 4 are trained on."""
    root = FOLDER / f"pictures-{side}-{count}"
    if not root.exists():
        rng = np.random.default_rng(0)
        some = [picture(rng, side) for _ in range(50)]
        for number in range(count):
            split = "val" if number < 2 else "test" if number < 4 else "train"
            place = root / split / f"class{number % 2}"
            place.mkdir(parents=True, exist_ok=True)
            # A comment after the end of the picture: each file is another one.
            (place / f"{number:06}.jpg").write_bytes(some[number % 50] + str(number).encode())
    return root


def shards(source: Path, *settings: str) -> Path:
    dest = FOLDER / "-".join(["shards", source.stem, *settings])
    words = [sys.executable, "-m", "epochwise.shards", str(source), str(dest), *settings]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return dest


def rows(count: int) -> Path:
    path = FOLDER / f"rows-{count}.parquet"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        values = np.random.default_rng(0).normal(size=(count, 31)).astype(np.float32)
        pd.DataFrame(values, columns=[f"c{place}" for place in range(31)]).to_parquet(path)
    return path


def child(*words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peak(process: int | str = "self") -> float:
    """The most memory that a process has had, what it has mapped included, in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def of_children() -> float:
    """CPU seconds of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def stream(path: str, **settings: Any) -> Any:
    from epochwise.data.stream import Stream

    data = Stream(path=path, batch_size=BATCH, **{"num_workers": 0} | settings)
    data.setup()
    return data


def epoch_of(loader: Any, workers: int) -> dict[str, float]:
    """Samples of an epoch, and CPU and wall seconds a sample; peaks of this process and the largest worker."""
    wall, cpu, seen, largest = time.perf_counter(), time.process_time() + of_children(), 0, 0.0
    batches = iter(loader)
    for number, batch in enumerate(batches):
        seen += len(batch[0])
        inner = getattr(loader, "_iterator", None)
        if workers and inner is not None and number % 8 == 7:  # while they live
            largest = max([largest, *(peak(each.pid) for each in inner._workers if each.is_alive())])
    took = time.perf_counter() - wall
    if (inner := getattr(loader, "_iterator", None)) is not None and workers:
        inner._shutdown_workers()  # their seconds are known once they have ended
    of_cpu = time.process_time() + of_children() - cpu
    return {"samples": seen, "wall": took / seen, "cpu": of_cpu / seen, "peak": peak(), "worker": largest}


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


def decoded(data: bytes, side: int = 64) -> torch.Tensor:
    from epochwise.data.pictures.picture_files import read_picture
    from epochwise.data.pictures.picture_view import WHITE, PictureView

    return read_picture(data, "", (3, side, side), PictureView(background=WHITE))


def of_litdata(sample: dict[str, Any]) -> tuple[torch.Tensor, int]:
    return decoded(sample["image"]), sample["label"]


def as_litdata(place: tuple[str, int]) -> dict[str, Any]:
    return {"image": Path(place[0]).read_bytes(), "label": place[1]}


def of_webdataset(sample: dict[str, Any]) -> tuple[torch.Tensor, int]:
    return decoded(sample["jpg"]), int(sample["cls"])


def one_epoch(way: str, path: Path, number: int) -> dict[str, float]:
    """Of one of the loaders with so many workers."""
    if way == "stream":
        loader: Any = stream(str(path), num_workers=number).train_dataloader()
    elif way == "litdata":
        import litdata

        dataset = litdata.StreamingDataset(str(path), shuffle=True, seed=0, transform=of_litdata)
        loader = litdata.StreamingDataLoader(dataset, batch_size=BATCH, num_workers=number)
    else:
        import webdataset

        files = sorted(map(str, path.glob("*.tar")))
        dataset = webdataset.WebDataset(files, shardshuffle=100, seed=0).shuffle(1000).map(of_webdataset).batched(BATCH)
        loader = webdataset.WebLoader(dataset, batch_size=None, num_workers=number)
    return epoch_of(loader, number)


def measure_loader(way: str, path: str) -> None:
    torch.set_num_threads(1)
    decoded(picture(np.random.default_rng(0), 160))
    print(json.dumps(one_epoch(way, Path(path), 2)))


def loaders() -> None:
    import litdata
    import webdataset

    root = pictures(2_004, 160)
    files = sorted((str(file), int(file.parent.name[-1])) for file in (root / "train").rglob("*.jpg"))
    np.random.default_rng(0).shuffle(files)  # type: ignore[arg-type]
    paths = {"stream": shards(root, "shard_mb=5"), "litdata": FOLDER / "litdata", "webdataset": FOLDER / "webdataset"}
    for name in ("litdata", "webdataset"):
        shutil.rmtree(paths[name], ignore_errors=True)
    litdata.optimize(as_litdata, files, str(paths["litdata"]), chunk_bytes="5MB", num_workers=1, verbose=False)
    paths["webdataset"].mkdir()
    with webdataset.ShardWriter(f"{paths['webdataset']}/%05d.tar", maxsize=5_000_000, verbose=0) as writer:
        for number, place in enumerate(files):
            sample = as_litdata(place)
            writer.write({"__key__": f"{number:06}", "jpg": sample["image"], "cls": sample["label"]})
    print(f"litdata {litdata.__version__}, webdataset {webdataset.__version__}, {len(files)} pictures of 160 pixels")
    torch.set_num_threads(1)
    decoded(picture(np.random.default_rng(0), 160))  # what is imported for that counts for no way
    for workers in (0, 2):
        took: dict[str, list[dict[str, Any]]] = {name: [] for name in paths}
        for _ in range(TURNS):
            for name, path in paths.items():
                of_its_own = workers > 0  # a fork of this process would cost more than what is measured
                took[name].append(child("measure_loader", name, str(path)) if of_its_own else one_epoch(name, path, 0))
        for what in ("cpu", "wall"):
            found = {name: [1 / each[what] for each in several] for name, several in took.items()}
            ratios = [ours / max(*two) for ours, *two in zip(*found.values(), strict=True)]
            said = ", ".join(f"{name} {median(each):,.0f}" for name, each in found.items())
            print(f"{workers} workers, samples a {what} second: {said}; of the faster other, by turns "
                  f"{min(ratios):.2f} to {max(ratios):.2f}, median {median(ratios):.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
