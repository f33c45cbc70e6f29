import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

SCRIPT = Path(__file__).with_name("two_ranks.py")


def run(world_size):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(world_size):
        ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world_size, "MASTER_PORT": port}
        ranks = {name: str(value) for name, value in ranks.items()} | {"MASTER_ADDR": "127.0.0.1"}
        variables = os.environ | {"OMP_NUM_THREADS": "1"} | (ranks if world_size > 1 else {})
        processes.append(subprocess.Popen([sys.executable, SCRIPT], env=variables, stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * world_size
    return [json.loads(output.splitlines()[-1]) for output in outputs]


@pytest.fixture(scope="module")
def runs():
    return run(1), run(2)


@pytest.mark.parametrize("num_test", ["5", "33", "101", "499"])
def test_two_ranks_train_and_score_as_one_process_does(runs, num_test):
    (alone,), together = runs
    expected = dict(alone[num_test])
    weights = torch.tensor(expected.pop("weights"))
    assert expected.keys() >= {"train/loss", "val/accuracy", "test/accuracy", "test/f1"}
    for rank in together:
        scores = dict(rank[num_test])
        assert (torch.tensor(scores.pop("weights")) - weights).abs().max() < 1e-6
        assert scores == pytest.approx(expected, abs=1e-6)


def test_a_task_without_a_loss_says_so():
    from epochwise.task.supervised import Supervised

    class Mine(Supervised):
        pass

    task = Mine(nn.Linear(1, 1), None, None, {})
    with pytest.raises(TypeError, match="Mine needs a compute_loss of its own"):
        task.compute_loss(torch.zeros(1, 1), torch.zeros(1))
