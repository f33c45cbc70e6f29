"""scripts/slurm.sbatch on a real SLURM: a job that is cut off and queued again comes to what the uncut one does."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outcome import differences, outcome

PROJECT = Path(__file__).parents[2]
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "scancel")
lacking = [name for name in NEEDED if shutil.which(name) is None]
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(lacking), reason=f"{' '.join(lacking)}: not installed (Debian: munge, slurmctld, slurmd)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="slurmd needs root"),
]
WORDS = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=1", "trainer.max_epochs=4", "stopping=none"]
WORDS += ["model.hidden_sizes=[16]", "data.batch_size=64", "report=false", "callbacks.last_checkpoint.every_n_steps=3"]
WORDS += ["~callbacks.model_summary", "~callbacks.progress_bar"]
TIMEOUT = 900.0


class Slurm:
    """A cluster of two nodes, ``one`` and ``two``.

    Args:
        folder: of its configuration and logs.
        project: where jobs are submitted from.
    """

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder, self.project = folder, project
        self.hurried: set[str] = set()
        without = {name: value for name, value in os.environ.items() if "RANK" not in name}
        self.variables = without | {"SLURM_CONF": f"{folder}/slurm.conf", "PYTHON": sys.executable}
        self.variables |= {"OMP_NUM_THREADS": "1"}

    def call(self, *command: str | Path) -> str:
        done = subprocess.run(
            command, cwd=self.project, env=self.variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def submit(self, *words: str | Path) -> str:
        """Queue a job; returns its number."""
        return self.call("sbatch", "--parsable", *words).strip()

    def job(self, number: str) -> dict[str, str]:
        """What SLURM says of a job. One that is to wait for two minutes after a requeue waits for five seconds."""
        said = self.call("scontrol", "--oneliner", "show", "job", number).split()
        fields = dict(word.partition("=")[::2] for word in said)
        if fields["JobState"] == "PENDING" and fields["Reason"] == "BeginTime" and number not in self.hurried:
            self.hurried.add(number)
            self.call("scontrol", "update", f"JobId={number}", "StartTime=now+5")
        return fields

    def wait(self, number: str, condition: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        until = time.monotonic() + TIMEOUT
        while not condition(fields := self.job(number)):
            assert time.monotonic() < until, f"{fields}\n{self.said(number)}"
            time.sleep(0.2)
        return fields

    def ended(self, number: str) -> dict[str, str]:
        running = ("PENDING", "RUNNING", "COMPLETING", "REQUEUED", "PREEMPTED")
        return self.wait(number, lambda fields: fields["JobState"] not in running)

    def run_folder(self, number: str) -> Path:
        return self.project / "outputs/slurm" / number

    def said(self, number: str) -> str:
        return (self.project / f"slurm-{number}.txt").read_text()


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    project, folder = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("slurm")
    for name in ("train.py", "conf", "scripts"):
        (project / name).symlink_to(PROJECT / name)
    script = ["sh", str(PROJECT / "tests/cluster/slurm.sh")]
    try:
        subprocess.run([*script, "start", str(folder)], check=True, timeout=60)
        cluster = Slurm(folder, project)
        until = time.monotonic() + 60
        while cluster.call("sinfo", "--noheader", "--Node", "--partition=low", "--format=%T").split() != ["idle"] * 2:
            assert time.monotonic() < until, (folder / "slurmctld.log").read_text()
            time.sleep(0.2)
        yield cluster
        cluster.call("scancel", "--partition=low")
    finally:
        subprocess.run([*script, "stop", str(folder)], check=True, timeout=120)


@pytest.fixture(scope="module")
def uncut(slurm) -> dict:
    number = slurm.submit("--nodes=2", "scripts/slurm.sbatch", *WORDS)
    fields = slurm.ended(number)
    assert (fields["JobState"], fields["Restarts"]) == ("COMPLETED", "0"), slurm.said(number)
    return outcome(slurm.run_folder(number))


def requeued(slurm: Slurm, number: str) -> None:
    slurm.call("scontrol", "requeue", number)


def out_of_time(slurm: Slurm, number: str) -> None:
    """What ``--signal=B:USR1@120`` has SLURM do, whose shortest time is a minute."""
    slurm.call("scancel", "--batch", "--signal=USR1", number)


def preempted(slurm: Slurm, number: str) -> None:
    slurm.submit("--partition=high", "--nodes=2", "--output=/dev/null", "--wrap=sleep 1")


@pytest.mark.parametrize("cut", [requeued, out_of_time, preempted], ids=lambda cut: cut.__name__)
def test_a_job_that_is_cut_off_is_queued_again_and_goes_on_exactly(slurm, uncut, cut):
    number = slurm.submit("--nodes=2", "scripts/slurm.sbatch", *WORDS)
    rows = slurm.run_folder(number) / "epochs.csv"
    slurm.wait(number, lambda _: rows.exists())
    cut(slurm, number)
    fields = slurm.ended(number)
    assert (fields["JobState"], fields["Restarts"]) == ("COMPLETED", "1"), slurm.said(number)
    assert "interrupted" in slurm.said(number)  # it was asked to end, and saved: it was not killed
    assert differences(outcome(slurm.run_folder(number)), uncut) == []


def test_a_job_that_is_cancelled_saves_and_stays_cancelled(slurm):
    long = [word.replace("max_epochs=4", "max_epochs=3000") for word in WORDS]
    number = slurm.submit("--nodes=2", "scripts/slurm.sbatch", *long)
    folder = slurm.run_folder(number)
    slurm.wait(number, lambda _: (folder / "epochs.csv").exists())
    slurm.call("scancel", number)
    slurm.wait(number, lambda _: not slurm.call("squeue", "--noheader", "--jobs", number).strip())
    fields = slurm.job(number)
    assert (fields["JobState"], fields["Restarts"]) == ("CANCELLED", "0"), slurm.said(number)
    assert json.loads((folder / "result.json").read_text())["status"] == "interrupted"


def test_a_job_that_fails_keeps_its_exit_code_and_is_not_queued_again(slurm):
    number = slurm.submit("--nodes=2", "scripts/slurm.sbatch", *WORDS, "optimizer.lr=-1")
    fields = slurm.ended(number)
    assert (fields["JobState"], fields["Restarts"]) == ("FAILED", "0")
    assert "optimizer.lr" in slurm.said(number)
