"""One way to train one of the works of ``gpu.py``, an epoch at a time, as that says whose turn it is.

    python benchmarks/gpu_ways.py WAY WORK FOLDER

Before each epoch the process says on standard output what the last one took, and waits for a line. ``steps`` are the
seconds from the first training batch of an epoch to the end of the last, the device waited for at both.
"""

import os
import runpy
import sys
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import lightning as L
import numpy as np
import torch
from gpu_work import Work, read_setting
from speed_turns import Turns
from torch import nn

MANY = 1_000  # epochs; the process is ended before
#: What train.py did before it knew the device: sent each batch there, and asked Lightning for each step.
BEFORE = ("data.keep_on_device=false", "channels_last=false", "steps_per_execution=1")


def wait(device: str) -> float:
    """The time at which the device has done all that it was told."""
    if device == "cuda":
        torch.cuda.synchronize()
    return perf_counter()


class StepTurns(L.Callback):
    """Take turns with others, and say how long the steps of an epoch took."""

    turns: Turns  # one a process
    device: str

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Wait for the turn."""
        wait(StepTurns.device)
        StepTurns.turns()
        self.began = wait(StepTurns.device)

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The steps of the epoch are over."""
        if not trainer.sanity_checking:
            StepTurns.turns.more = {"steps": wait(StepTurns.device) - self.began} | memory(StepTurns.device)


def memory(device: str) -> dict[str, float]:
    """MiB of the device that were taken at most."""
    return {"device_mib": torch.cuda.max_memory_allocated() / 2**20} if device == "cuda" else {}


def epochwise(words: list[str]) -> None:
    """train.py with its defaults, but for the patience and the count, so that it is not over before the others."""
    import gpu_ways  # by its name, as train.py finds the callback; this file is __main__ here

    gpu_ways.StepTurns.turns, gpu_ways.StepTurns.device = StepTurns.turns, StepTurns.device
    own = ["+callbacks.turns={_target_:gpu_ways.StepTurns}", f"trainer.max_epochs={MANY}", "stopping.patience=1000"]
    sys.argv = ["train.py", *own, *words]
    os.chdir(Path(__file__).parents[1])
    sys.path.insert(0, os.getcwd())
    runpy.run_path("train.py", run_name="__main__")


def loop(work: Work, folder: Path, device: str, turns: Turns) -> None:
    """A loop by hand: pictures on the device, bf16, channels-last, a fused AdamW; of small kernels as CUDA graphs."""
    stored = np.load(folder / "pictures.npz")
    x, y = (torch.from_numpy(stored[f"{name}_train"]).to(device) for name in ("x", "y"))
    network = work.network().to(device, memory_format=torch.channels_last)
    graphs = work.graphs and device == "cuda"
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05, fused=True, capturable=graphs)
    rows = torch.zeros(work.batch, dtype=torch.int64, device=device)

    def step() -> None:
        pictures = x.index_select(0, rows).float().div_(255).sub_(0.5).div_(0.3)
        with torch.autocast(device, torch.bfloat16, cache_enabled=not graphs):
            answer = network(pictures)
        loss = nn.functional.cross_entropy(answer.float(), y.index_select(0, rows), label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    replay = captured(step) if graphs else step
    for _ in count():
        turns()
        began = wait(device)
        for chosen in torch.randperm(len(x), device=device).split(work.batch):
            rows.copy_(chosen)
            replay()
        turns.more = {"steps": wait(device) - began} | memory(device)


def captured(step: Any) -> Any:
    """A step as a CUDA graph, recorded behind a few that warm up beside the main stream."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def main() -> None:
    """Train until nobody asks for more."""
    way, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    device, works = read_setting(folder)
    work = works[name]
    torch.backends.cudnn.benchmark = True
    turns, StepTurns.device = Turns(), device
    StepTurns.turns = turns
    if way == "loop":
        loop(work, folder, device, turns)
        return
    trainer = ["trainer=gpu"] if device == "cuda" else ["trainer=cpu", "trainer.precision=bf16-mixed"]
    data = ["data=arrays", f"data.path={folder}/pictures.npz", f"data.batch_size={work.batch}"]
    more = BEFORE if way == "before" else work.faster
    epochwise([*data, *work.words, *trainer, "trainer.benchmark=true", *more, f"hydra.run.dir={folder}/{way}"])


if __name__ == "__main__":
    main()
