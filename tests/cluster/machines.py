"""Two machines on one: network namespaces that a cable joins, each with a view of its own of the disks."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]

#: Where both machines see the folder that they share; what else they write is their own.
SHARED = Path("/mnt")

#: In a mount and a UTS namespace of its own: the folder that is shared, a /tmp of its own, names for both addresses.
ENTER = """
hostname "$1" && mount --bind "$2" /mnt && mount --bind "$2/hosts" /etc/hosts && mount -t tmpfs tmpfs /tmp &&
cd /mnt && shift 2 && exec "$@"
"""


@dataclass
class Machine:
    """One of the two.

    Args:
        name: of its network namespace.
        host: the name by which both know its address.
        shared: the folder that both see as ``SHARED``.
    """

    name: str
    host: str
    shared: Path

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """A process on it, in a process group of its own; what it says goes to ``HOST.txt`` in the shared folder."""
        inside = ["unshare", "--mount", "--uts", "sh", "-c", ENTER, "sh", self.host, str(self.shared)]
        with self.said.open("a") as said:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *inside, *map(str, command)],
                env=variables(),
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )

    def ranks(self) -> list[int]:
        """The process ids of the ranks that run on it."""
        names = {pid: _environment(pid) for pid in map(int, _run("ip", "netns", "pids", self.name).stdout.split())}
        return [pid for pid, name in names.items() if "RANK" in name]

    @property
    def said(self) -> Path:
        return self.shared / f"{self.host}.txt"


def _environment(pid: int) -> set[str]:
    """The names of the variables that a process was started with; of one that has ended, none."""
    with suppress(OSError):
        return {entry.partition("=")[0] for entry in Path(f"/proc/{pid}/environ").read_text().split("\0")}
    return set()


def variables() -> dict[str, str]:
    """This environment, but of no rank, and with one thread."""
    kept = {name: value for name, value in os.environ.items() if "RANK" not in name and not name.startswith("MASTER")}
    return kept | {"OMP_NUM_THREADS": "1"}


def missing() -> str:
    """Why there can be no two machines here; empty where there can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces need root"
    if lacking := [name for name in ("ip", "unshare", "mount", "hostname") if shutil.which(name) is None]:
        return f"{lacking[0]} is not installed"
    trial = "mount -t tmpfs tmpfs /mnt && ip link add name a type veth peer name b"
    done = _run("unshare", "--net", "--mount", "--uts", "sh", "-c", trial)
    return f"no network namespace can be made here: {done.stderr.strip()}" if done.returncode else ""


@contextmanager
def two_machines(shared: Path) -> Iterator[tuple[Machine, Machine]]:
    """Make them, and take them away at the end with all that still runs on them.

    Args:
        shared: a folder that is there.
    """
    (shared / "hosts").write_text("127.0.0.1 localhost\n10.77.0.1 one\n10.77.0.2 two\n")
    one, two = (Machine(f"epochwise-{os.getpid()}-{host}", host, shared) for host in ("one", "two"))
    try:
        for machine in (one, two):
            _ip("netns", "add", machine.name)
        _ip("-n", one.name, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", two.name)
        for number, machine in enumerate((one, two), start=1):
            _ip("-n", machine.name, "addr", "add", f"10.77.0.{number}/24", "dev", "cable")
            for link in ("lo", "cable"):
                _ip("-n", machine.name, "link", "set", link, "up")
        yield one, two
    finally:
        for machine in (one, two):
            for process in _run("ip", "netns", "pids", machine.name).stdout.split():
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            _run("ip", "netns", "del", machine.name)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _ip(*words: str) -> None:
    done = _run("ip", *words)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


def torchrun(rank: int, run_folder: Path, *words: str) -> list[str | Path]:
    """The command of one of two machines, of one process each."""
    meet = ["--nnodes=2", "--nproc-per-node=1", f"--node-rank={rank}", "--master-addr=one", "--master-port=29507"]
    trainer = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.num_nodes=2", "trainer.devices=1"]
    script = [sys.executable, "-m", "torch.distributed.run", *meet, PROJECT / "train.py"]
    return [*script, *trainer, *words, f"hydra.run.dir={run_folder}"]
