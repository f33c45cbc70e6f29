import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from epochwise.run.rank_processes import lost_rank

PROJECT = Path(__file__).parents[2]
WORDS = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.max_epochs=3000", "stopping=none"]
WORDS += ["report=false", "hydra.run.dir=run", "~callbacks.model_summary", "~callbacks.progress_bar"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("[gloo/transport/tcp/pair.cc:1] Connection closed by peer [10.0.0.2]:41. GLHF!", "[10.0.0.2]:41 has ended"),
        ("[gloo/transport/tcp/pair.cc:1] Read error [::1]:7: Connection reset by peer", "[::1]:7 has ended"),
        ("[gloo/transport/tcp/unbound_buffer.cc:1] Timed out waiting 9ms for recv", "another one does not answer"),
        ("mat1 and mat2 shapes cannot be multiplied", None),
        ("the server closed the connection: reset by peer", None),
    ],
)
def test_what_gloo_says_of_a_rank_that_is_gone_is_one_line(said, expected):
    error = ValueError("while training")
    error.__cause__ = RuntimeError(said)
    line = lost_rank(error)
    assert (line is None) == (expected is None)
    assert expected is None or (expected in line and "\n" not in line)


@pytest.mark.ranks
@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_that_is_killed_ends_the_other_in_a_minute_with_one_line(tmp_path, victim):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    processes = []
    for rank in ("0", "1"):
        variables = os.environ | shared | {"RANK": rank, "LOCAL_RANK": rank}
        errors = (tmp_path / f"errors{rank}").open("w")
        command = [sys.executable, PROJECT / "train.py", *WORDS]
        processes.append(
            subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.DEVNULL, stderr=errors)
        )
        errors.close()
    while not (tmp_path / "run/epochs.csv").exists():
        assert not any(process.poll() for process in processes)
        time.sleep(0.1)
    processes[victim].send_signal(signal.SIGKILL)
    other = 1 - victim
    assert processes[other].wait(timeout=60) == 1
    assert processes[victim].wait(timeout=60) == -signal.SIGKILL
    said = (tmp_path / f"errors{other}").read_text()
    assert said.startswith(f"trainer: rank {other} ends, since another one at [127.0.0.1]:")
    assert said.count("\n") == 1
    if victim == 1:
        assert "; go on by run=" in said
        result = json.loads((tmp_path / "run/result.json").read_text())
        assert result["status"] == "failed"
        assert result["reason"].startswith("trainer: rank 0 ends")
