import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from epochwise.run.first_process import is_first_process

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "1", "LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "0"}, True),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "1"}, False),
        # torchrun under srun: a machine's own number is no rank.
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "0", "RANK": "1", "LOCAL_RANK": "1"}, False),
        # A shell on a node is no rank either.
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_JOB_NAME": "bash"}, True),
    ],
)
def test_the_first_process_is_who_its_launcher_says(monkeypatch, variables, expected):
    for name in ("RANK", "LOCAL_RANK", *(name for name in os.environ if name.startswith("SLURM_"))):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_first_process() == expected


@pytest.mark.ranks
def test_two_tasks_of_srun_are_one_run(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    of_job = {"SLURM_JOB_ID": "1", "SLURM_JOB_NAME": "train.py", "SLURM_NNODES": "1", "SLURM_NODEID": "0"}
    of_job |= {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    words = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.max_epochs=1", "report=false"]
    words += ["trainer.limit_train_batches=2", "name=srun", "~callbacks.model_summary", "~callbacks.progress_bar"]
    outside = {name: value for name, value in os.environ.items() if "RANK" not in name and "SLURM" not in name}
    processes = []
    for task in ("0", "1"):
        variables = outside | of_job | {"SLURM_PROCID": task, "SLURM_LOCALID": task, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, PROJECT / "train.py", *words]
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, cwd=tmp_path, env=variables, **said))
    (first, _), (second, errors) = (process.communicate(timeout=600) for process in processes)
    assert [process.returncode for process in processes] == [0, 0], errors
    assert "srun" in first
    assert second == ""
    assert len(list((tmp_path / "outputs/srun").iterdir())) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}
