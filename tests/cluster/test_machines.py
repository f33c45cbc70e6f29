"""A run on two machines: what one machine does, and what is left where a rank dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.machines import PROJECT, SHARED, missing, torchrun, two_machines
from tests.outcome import differences, outcome

why_not = missing()
pytestmark = [pytest.mark.cluster, pytest.mark.skipif(bool(why_not), reason=why_not)]

QUICK = ["model.hidden_sizes=[16]", "data.batch_size=64", "stopping=none", "report=false", "name=two"]
QUICK += ["callbacks.last_checkpoint.every_n_steps=3", "~callbacks.model_summary", "~callbacks.progress_bar"]
#: A machine that is busy takes a minute and more to import everything twice.
TIMEOUT = 900.0


def train(machines, run_folder: str, *words: str) -> list[subprocess.Popen[str]]:
    """Begin or continue a run on both machines."""
    words = (*QUICK, *words, "resume=auto")
    return [machine.start(*torchrun(rank, SHARED / run_folder, *words)) for rank, machine in enumerate(machines)]


def ended_well(machines, processes: list[subprocess.Popen[str]]) -> None:
    codes = [process.wait(timeout=TIMEOUT) for process in processes]
    assert codes == [0, 0], "\n".join(machine.said.read_text() for machine in machines)


@pytest.fixture(scope="module")
def on_one_machine(tmp_path_factory) -> dict:
    """What the two ranks come to that one machine runs."""
    folder = tmp_path_factory.mktemp("one_machine")
    ranks = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=29508", PROJECT / "train.py"]
    trainer = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.max_epochs=4"]
    done = subprocess.run(
        [sys.executable, *ranks, *trainer, *QUICK, f"hydra.run.dir={folder / 'run'}"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if "RANK" not in name} | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return outcome(folder / "run")


def test_two_machines_learn_what_one_does_and_share_the_run_folder_alone(tmp_path, on_one_machine):
    with two_machines(tmp_path) as machines:
        ended_well(machines, train(machines, "run", "trainer.max_epochs=4"))
    assert differences(outcome(tmp_path / "run"), on_one_machine) == []
    assert {path.name for path in tmp_path.iterdir()} == {"hosts", "one.txt", "two.txt", "run"}


@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_that_is_killed_ends_the_other_machine_in_a_minute_with_its_reason_and_the_run_goes_on_exactly(
    tmp_path, on_one_machine, victim
):
    rows = tmp_path / "run/epochs.csv"
    with two_machines(tmp_path) as machines:
        processes = train(machines, "run", "trainer.max_epochs=4")
        until = time.monotonic() + TIMEOUT
        while not rows.exists():
            assert time.monotonic() < until and not any(process.poll() for process in processes)
            time.sleep(0.02)
        (rank,) = machines[victim].ranks()
        os.kill(rank, signal.SIGKILL)
        assert [process.wait(timeout=60) for process in processes] == [1, 1]
        assert f"Signal 9 (SIGKILL) received by PID {rank}" in machines[victim].said.read_text()
        assert f"[10.77.0.{victim + 1}]" in machines[1 - victim].said.read_text()  # whom it lost, and how
        if victim == 1:
            assert json.loads((tmp_path / "run/result.json").read_text())["status"] == "failed"
        ended_well(machines, train(machines, "run", "trainer.max_epochs=4"))
    assert differences(outcome(tmp_path / "run"), on_one_machine) == []


def test_two_machines_of_which_one_never_comes_end_and_say_where_they_were_to_meet(tmp_path):
    with two_machines(tmp_path) as (one, _):
        command = torchrun(0, Path("run"), *QUICK)
        process = one.start(*command[:3], "--rdzv-conf=timeout=5,join_timeout=5", *command[3:])
        assert process.wait(timeout=TIMEOUT) == 1
        assert "Timed out after 6 seconds waiting for clients. 1/2 clients joined" in one.said.read_text()
