"""Loaders of shards in turn: those of data=stream, litdata and webdataset, on the same pictures."""

import json
import shutil
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from stream_work import BATCH, FOLDER, child, epoch_of, picture, pictures, shards, stream

TURNS = 5


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
