"""What benchmarks of data=stream have in common: data made once, its shards, and what an epoch of a loader takes."""

import io
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

BATCH = 64
FOLDER = Path(gettempdir()) / "epochwise-streams"


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
    """What a part of ``streams.py`` says that has a process of its own."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("streams.py")), *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
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
