"""Runs of two processes that are killed and asked to end, and have to end as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.outcome import differences, outcome

pytestmark = pytest.mark.faults
PROJECT = Path(__file__).parents[2]
NUM_KILLS = int(os.environ.get("NUM_KILLS_OF_TWO", "8"))
QUICK = [
    "model.hidden_sizes=[16]",
    "data.batch_size=64",
    "trainer.max_epochs=40",
    "callbacks.last_checkpoint.every_n_steps=3",
]
COMMAND = [sys.executable, PROJECT / "train.py", "trainer=ddp", "trainer.devices=2", "resume=auto", "name=two", *QUICK]


def start(folder):
    variables = {name: value for name, value in os.environ.items() if "RANK" not in name} | {"OMP_NUM_THREADS": "1"}
    with open(folder.with_suffix(".stderr"), "a") as errors:
        return subprocess.Popen(
            [*COMMAND, "~callbacks.progress_bar", "~callbacks.model_summary", f"hydra.run.dir={folder}"],
            cwd=folder.parent,
            env=variables | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the uninterrupted run came to, and the seconds from its first epoch to its end."""
    folder = tmp_path_factory.mktemp("two_ranks") / "whole"
    process = start(folder)
    seconds = trained_an_epoch(folder, process)
    assert process.wait(timeout=600) == 0, folder.with_suffix(".stderr").read_text()
    return outcome(folder), time.monotonic() - seconds


def trained_an_epoch(folder, process):
    """Wait for the first row; when that was."""
    while not (folder / "epochs.csv").exists():
        assert process.poll() is None, folder.with_suffix(".stderr").read_text()
        time.sleep(0.01)
    return time.monotonic()


@pytest.mark.parametrize("seed", range(NUM_KILLS))
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_two_ranks_ended_at_any_moment_end_as_the_uninterrupted_ones(tmp_path, whole, signum, seed):
    expected, seconds = whole
    folder = tmp_path / "run"
    process = start(folder)
    trained_an_epoch(folder, process)
    time.sleep(random.Random(seed).uniform(0.0, 0.9 * seconds))
    # Every other kill leaves rank 1 to find out for itself.
    os.killpg(process.pid, signum) if seed % 2 and signum == signal.SIGKILL else process.send_signal(signum)
    assert process.wait(timeout=600) in (0, 128 + signum, -signum), folder.with_suffix(".stderr").read_text()
    again = start(folder)
    assert again.wait(timeout=600) == 0, folder.with_suffix(".stderr").read_text()
    assert differences(outcome(folder), expected) == []
