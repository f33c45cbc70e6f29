"""A script run by processes that are ranks of one another, as torchrun starts them."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]  # the scripts share what is in tests


def run_ranks(script: Path, world_size: int, *arguments: str) -> list[Any]:
    """What each rank printed last, as JSON; one process alone is no rank."""
    port, commands = _free_port(), []
    for rank in range(world_size):
        ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world_size, "MASTER_PORT": port}
        ranks = {name: str(value) for name, value in ranks.items()} | {"MASTER_ADDR": "127.0.0.1"}
        commands.append(([script, *arguments], ranks if world_size > 1 else {}))
    return _said(commands)


def run_machines(script: Path, num_machines: int, *arguments: str) -> list[Any]:
    """The same of ranks that a torchrun for each machine starts, one each; here all machines are this one."""
    where = [f"--nnodes={num_machines}", "--nproc-per-node=1", "--master-addr=127.0.0.1"]
    where.append(f"--master-port={_free_port()}")
    torchrun = ["-m", "torch.distributed.run", *where]
    return _said([([*torchrun, f"--node-rank={rank}", script, *arguments], {}) for rank in range(num_machines)])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _said(commands: list[tuple[list[Any], dict[str, str]]]) -> list[Any]:
    processes = []
    for command, ranks in commands:
        variables = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)} | ranks
        process = subprocess.Popen([sys.executable, *command], env=variables, stdout=subprocess.PIPE, text=True)
        processes.append(process)
    with ThreadPoolExecutor(len(processes)) as threads:  # a rank whose pipe is full would keep the others waiting
        outputs = list(threads.map(lambda process: process.communicate(timeout=600)[0], processes))
    assert [process.returncode for process in processes] == [0] * len(commands)
    return [json.loads(output.splitlines()[-1]) for output in outputs]
