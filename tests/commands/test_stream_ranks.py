"""Each sample of a stream once an epoch, counted: ranks, workers, sizes, across a kill -9 and a change of workers."""

import os
import signal
import socket
import traceback
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from epochwise.commands.train import train
from epochwise.run.write_checkpoint import wait_for_checkpoints
from epochwise.shards.__main__ import made
from epochwise.task.supervised import Supervised

# Python 3.12 and later warn of a fork in a process that has threads; a rank that dies warns of what it leaves.
pytestmark = [pytest.mark.ranks, pytest.mark.filterwarnings("ignore")]

EPOCHS, BATCH = 3, 8
WORDS = (
    "data=stream",
    "task=regression",
    "model.hidden_sizes=[4]",
    f"data.batch_size={BATCH}",
    f"trainer.max_epochs={EPOCHS}",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.train_eval",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~loggers.tensorboard",
    "name=test",
)
#: Rows of a table -> those of them that are trained on, 0.7 of them: the last batch of an epoch is not full, or has a
#: sample more than others, on any number of ranks, or is full.
SIZES = {149: 103, 277: 193, 344: 240}


def rank_of(number, world_size, port, config, log, cut):
    """Train as one of several ranks, noting the samples of each step; killed before step ``cut``, from 1."""
    if world_size > 1:
        of_torchrun = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": world_size, "MASTER_PORT": port}
        os.environ.update({name: str(value) for name, value in of_torchrun.items()} | {"MASTER_ADDR": "127.0.0.1"})
    learn, steps = Supervised.training_step, []

    def noted(task, batch, batch_idx):
        steps.append(batch)
        if len(steps) == cut:
            wait_for_checkpoints(task.trainer)  # what was seen behind the last one that is on the disk is seen again
            os.kill(os.getpid(), signal.SIGKILL)
        with open(f"{log}.{number}", "a") as file:
            file.write(f"{task.current_epoch}: {batch[1].int().tolist()}\n")
        return learn(task, batch, batch_idx)

    Supervised.training_step = noted
    train(config)


def life(composed, folder, world_size, workers, path, cut=0):
    """The exit codes of all ranks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = ["trainer=ddp", f"trainer.devices={world_size}", "trainer.accelerator=cpu"] if world_size > 1 else []
    words = [*WORDS, *ranks, f"data.path={path}", f"data.num_workers={workers}", "data.window=64", "resume=auto"]
    config, processes = composed(*words, run_folder=folder), []
    for number in range(world_size):
        if (process := os.fork()) == 0:
            try:
                rank_of(number, world_size, port, config, folder.parent / "log", cut)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        processes.append(process)
    return [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]


def seen(folder):
    """Samples by epoch, of all ranks and lives."""
    epochs = [Counter() for _ in range(EPOCHS)]
    for log in folder.glob("log.*"):
        for line in log.read_text().splitlines():
            epoch, _, samples = line.partition(": ")
            epochs[int(epoch)].update(map(int, samples.strip("[]").split(",")))
    return epochs


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_each_sample_comes_once_an_epoch_across_a_kill_and_a_change_of_workers(
    tmp_path, composed, world_size, workers, rows
):
    random = np.random.default_rng(rows)
    frame = pd.DataFrame(random.normal(size=(rows, 3)), columns=list("abc")).assign(t=np.arange(float(rows)))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    shards = tmp_path / "shards"
    made(str(tmp_path / "rows.csv"), str(shards), ["target=t", "kind=number", "shard_mb=0.001"])
    an_epoch = -(-SIZES[rows] // (BATCH * world_size))
    killed = life(composed, tmp_path / "run", world_size, workers, shards, cut=an_epoch + an_epoch // 2)
    assert killed == [-signal.SIGKILL] * world_size
    assert life(composed, tmp_path / "run", world_size, 2 - workers, shards) == [0] * world_size
    for epoch in seen(tmp_path):
        assert len(epoch) == SIZES[rows]
        assert set(epoch.values()) == {1}


def test_a_run_on_three_ranks_goes_on_on_two_and_each_sample_comes_once_an_epoch(tmp_path, composed):
    frame = pd.DataFrame({"a": np.arange(273.0), "t": np.arange(273.0)})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    made(str(tmp_path / "rows.csv"), str(tmp_path / "shards"), ["target=t", "kind=number"])
    assert life(composed, tmp_path / "run", 3, 0, tmp_path / "shards", cut=12) == [-signal.SIGKILL] * 3
    assert life(composed, tmp_path / "run", 2, 0, tmp_path / "shards") == [0, 0]
    assert [(len(epoch), set(epoch.values())) for epoch in seen(tmp_path)] == [(191, {1})] * EPOCHS
