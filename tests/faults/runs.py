"""Runs in processes that cost a second: forked from one that has imported everything, and ended as one likes."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.end_signals import interruptible

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=6", *QUICK)
CONFIGS = {
    "epoch ends": [],
    "dropout, every 3 steps": ["callbacks.last_checkpoint.every_n_steps=3"],
    "one cycle, every step": ["callbacks.last_checkpoint.every_n_steps=1", "optimizer=sgd", "scheduler=one_cycle"],
    "plateau": [
        "scheduler=plateau",
        "scheduler.patience=0",
        "optimizer.lr=0.05",
        "callbacks.last_checkpoint.every_n_steps=4",
    ],
    "averaged weights": ["+callbacks=ema", "callbacks.last_checkpoint.every_n_steps=3"],
    "accumulation": ["trainer.accumulate_grad_batches=3", "callbacks.last_checkpoint.every_n_steps=1"],
    "several validations": ["trainer.val_check_interval=3", "callbacks.last_checkpoint.every_n_steps=1"],
    "workers": ["data.num_workers=2", "callbacks.last_checkpoint.every_n_steps=3"],
    "early stopping": ["stopping.patience=1", "optimizer.lr=0.3", "callbacks.last_checkpoint.every_n_steps=3"],
    "augmentation and a CNN": [
        "model=cnn",
        "model.channels=[4,8]",
        "data.augment={_target_:torchvision.transforms.v2.RandomCrop,size:8,padding:1}",
        "callbacks.last_checkpoint.every_n_steps=2",
    ],
}


def start(
    composed: Callable,
    folder: Path,
    *overrides: str,
    said: Path | None = None,
    prepare: Callable[[], object] = lambda: None,
) -> int:
    """Begin or continue a run in a child of its own process group; return its process id.

    What it says of errors goes to a file: ``said``, or beside the folder. ``prepare`` is called in the child.
    """
    if child := os.fork():
        return child
    os.setpgid(0, 0)
    code = 1
    try:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
        sys.stderr = open(said or folder.with_suffix(".stderr"), "w")  # noqa: SIM115 (the child's to its end)
        os.dup2(sys.stderr.fileno(), 2)
        small = [] if any(word.startswith("model") for word in overrides) else ["model.hidden_sizes=[16]"]
        config = composed(*BASE, *small, *overrides, "resume=auto", run_folder=folder)
        prepare()
        with interruptible(first_process=True):
            train(config)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except InputError as error:  # as a front door does
        print(*error.lines, sep="\n", file=sys.stderr)
        code = 2
    except BaseException:
        traceback.print_exc(file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


def end(child: int, seconds: float = 600.0) -> int:
    """Wait for a child; its exit code, negative where a signal ended it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise TimeoutError(f"a run went on for more than {seconds} s")
