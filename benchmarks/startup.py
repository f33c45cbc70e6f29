"""Measure how long one waits for --help, for a config, for an error, and for the first step of a run.

    python benchmarks/startup.py [REPEATS]

The same command lines run twice in turn: by train.py, and by train.py behind ``import lightning``. Then, in turn, the
first step of train.py and that of a script which imports torch and lightning and makes the first step of a bare
Trainer on data of the same size. Prints the median of each with the fastest and the slowest run, and the ratio of the
medians; the first step in CPU seconds too, which other programs on the machine change less.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

PROJECT = Path(__file__).parent.parent
COMMANDS = (
    ("--help",),
    ("--cfg", "job"),
    ("trainer.max_epochs=fifty",),
    ("model=restnet", "trainer.max_epoch=50", "data.batch_size=-1", "monitor=val/acuracy"),
)
AFTER_LIGHTNING = (
    "import lightning, runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)
#: Ends a process where the first step is over, and says what it had taken.
FIRST_STEP = """
import os, time
import lightning as L

class FirstStep(L.Callback):
    def on_train_batch_end(self, *arguments):
        print("CPU seconds", time.process_time(), flush=True)
        os._exit(0)
"""
BARE = """
import lightning as L
import torch
from first_step import FirstStep
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))

    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters())

batches = DataLoader(TensorDataset(torch.rand(1257, 64), torch.randint(0, 10, (1257,))), batch_size=64, shuffle=True)
off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
L.Trainer(max_epochs=1, accelerator="cpu", devices=1, callbacks=[FirstStep()], **off).fit(Net(), batches)
"""
TRAIN = "import runpy, sys; sys.argv[0] = 'train.py'; runpy.run_path('train.py', run_name='__main__')"


def first_steps(repeats: int) -> None:
    """Print what train.py and a bare Trainer take until their first step is over."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "first_step.py").write_text(FIRST_STEP)
        callback = "+callbacks.first={_target_:first_step.FirstStep}"
        words = (callback, f"hydra.run.dir={folder}/run_", "trainer.max_epochs=1")
        ways = {"train.py, its defaults": (TRAIN, words), "bare Trainer": (BARE, ())}
        taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for repeat in range(repeats):
            for way, (code, given) in ways.items():
                new = [f"{word}{repeat}" if word.endswith("run_") else word for word in given]
                start = perf_counter()
                environment = os.environ | {"PYTHONPATH": folder}
                command = [sys.executable, "-c", code, *new]
                done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
                cpu = float(done.stdout.rpartition("CPU seconds ")[2])
                taken[way].append((cpu, perf_counter() - start))
    for unit, index in (("CPU seconds", 0), ("wall seconds", 1)):
        print(f"\nfirst step, {unit}")
        medians = [median(pair[index] for pair in pairs) for pairs in taken.values()]
        for (way, pairs), middle in zip(taken.items(), medians, strict=True):
            runs = [pair[index] for pair in pairs]
            print(f"{way:44}{middle:.2f} ({min(runs):.2f} to {max(runs):.2f})")
        print(f"{'ratio':44}{medians[0] / medians[1]:.2f}")


def seconds(*command: str) -> float:
    """Wall-clock seconds of one run of Python on the project."""
    start = perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, check=False)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stderr.decode()}")
    return perf_counter() - start


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(
        f"median of {repeats} runs in seconds (fastest to slowest)\n{'':44}{'train.py':22}{'lightning first':24}ratio"
    )
    for arguments in COMMANDS:
        ours, theirs = [], []
        for _ in range(repeats):
            ours.append(seconds("train.py", *arguments))
            theirs.append(seconds("-c", AFTER_LIGHTNING, "train.py", *arguments))
        columns = [f"{median(runs):.2f} ({min(runs):.2f} to {max(runs):.2f})" for runs in (ours, theirs)]
        shown = " ".join(arguments)
        print(f"{shown[:42]:44}{columns[0]:22}{columns[1]:24}{median(theirs) / median(ours):.1f}")
    first_steps(repeats)


if __name__ == "__main__":
    main()
