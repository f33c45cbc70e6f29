"""A script run by processes that are ranks of one another, as torchrun starts them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]  # the scripts share what is in tests


def run_ranks(script: Path, world_size: int, *arguments: str) -> list[Any]:
    """What each rank printed last, as JSON; one process alone is no rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(world_size):
        ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world_size, "MASTER_PORT": port}
        ranks = {name: str(value) for name, value in ranks.items()} | {"MASTER_ADDR": "127.0.0.1"}
        shared = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}
        variables = os.environ | shared | (ranks if world_size > 1 else {})
        command = [sys.executable, script, *arguments]
        processes.append(subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * world_size
    return [json.loads(output.splitlines()[-1]) for output in outputs]
