"""Runs that are killed, asked to end and starved of disk, and have to end as if nothing had happened."""

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from epochwise.run.resume_point import remove_leftovers

from tests.faults.runs import CONFIGS, end, start
from tests.outcome import differences, outcome

pytestmark = pytest.mark.faults
NUM_KILLS = int(os.environ.get("NUM_KILLS", "20"))  # for each of ten configurations
NUM_SIGNALS = int(os.environ.get("NUM_SIGNALS", "30"))  # of each kind
NUM_FULL_DISKS = int(os.environ.get("NUM_FULL_DISKS", "50"))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder on another file system than that of the temp folder, where the machine has one."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path(os.environ.get("TMPDIR", "/tmp")).stat().st_dev:
        yield tmp_path_factory.mktemp("elsewhere")
        return
    folder = memory / f"epochwise-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def whole(elsewhere, composed):
    """name -> what the uninterrupted run came to, and its seconds."""
    made = {}

    def run(name):
        if name not in made:
            folder = elsewhere / f"whole_{plain(name)}"
            began = time.monotonic()
            assert end(start(composed, folder, *CONFIGS[name])) == 0, folder.with_suffix(".stderr").read_text()
            made[name] = outcome(folder), time.monotonic() - began
        return made[name]

    return run


def plain(name):
    """A name without what Hydra reads as something else."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def finish(composed, folder, name):
    """Continue until it is done."""
    assert end(start(composed, folder, *CONFIGS[name])) == 0, folder.with_suffix(".stderr").read_text()


@pytest.mark.parametrize("seed", range(NUM_KILLS))
@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_killed_at_any_moment_ends_as_the_uninterrupted_one(elsewhere, composed, whole, name, seed):
    expected, seconds = whole(name)
    chance = random.Random(f"{name} {seed}")
    folder = elsewhere / f"killed_{plain(name)}_{seed}"
    for _ in range(chance.choice((1, 1, 2, 3))):
        child = start(composed, folder, *CONFIGS[name])
        time.sleep(chance.uniform(0.0, seconds))
        os.kill(child, signal.SIGKILL)  # its workers are left to find out for themselves
        end(child)
    finish(composed, folder, name)
    assert differences(outcome(folder), expected) == []
    assert not [path for path in folder.rglob(".*") if path.is_file()]
    shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(NUM_SIGNALS))
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_run_asked_to_end_saves_says_so_and_can_be_continued(elsewhere, composed, whole, signum, seed):
    name = "dropout, every 3 steps"
    expected, seconds = whole(name)
    folder = elsewhere / f"{signum.name}_{seed}"
    child = start(composed, folder, *CONFIGS[name])
    while not (folder / "epochs.csv").exists():  # test_moments.py has those before
        assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0.0, 0.3 * seconds))
    os.kill(child, signum)
    code = end(child)
    status = "completed" if code == 0 else "interrupted"  # it may have been done before
    assert code in (0, 128 + signum), folder.with_suffix(".stderr").read_text()
    assert f'"status": "{status}"' in (folder / "result.json").read_text()
    finish(composed, folder, name)
    assert differences(outcome(folder), expected) == []
    shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(max(1, NUM_SIGNALS // 3)))
def test_a_run_told_to_end_with_its_workers_can_be_continued(elsewhere, composed, whole, seed):
    expected, seconds = whole("workers")
    folder = elsewhere / f"group_{seed}"
    child = start(composed, folder, *CONFIGS["workers"])
    while not (folder / "epochs.csv").exists():
        assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0.0, 0.5 * seconds))
    os.kill(child, signal.SIGTERM)  # as `timeout` does: the process, and then its group
    os.killpg(child, signal.SIGTERM)
    code = end(child)
    status = "completed" if code == 0 else "interrupted"
    assert code in (0, 128 + signal.SIGTERM), folder.with_suffix(".stderr").read_text()
    assert f'"status": "{status}"' in (folder / "result.json").read_text()
    finish(composed, folder, "workers")
    assert differences(outcome(folder), expected) == []
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def small_disk(elsewhere):
    """A file system of a few megabytes."""
    folder = elsewhere / "small_disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("seed", range(NUM_FULL_DISKS))
def test_a_full_disk_is_one_line_and_the_old_files_stay(small_disk, composed, whole, seed):
    name = "dropout, every 3 steps"
    expected, seconds = whole(name)
    folder, ballast = small_disk / "run", small_disk / "ballast"
    said = small_disk.with_suffix(".stderr")  # on a disk with room
    child = start(composed, folder, *CONFIGS[name], said=said)
    time.sleep(random.Random(seed).uniform(0.2, 0.8) * seconds)
    with suppress(OSError), open(ballast, "wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    code = end(child)
    ballast.unlink()
    lines = said.read_text().splitlines()
    assert code in (0, 2), lines
    assert code == 0 or (len(lines) == 1 and f"no space left for {folder}" in lines[0]), lines
    assert end(start(composed, folder, *CONFIGS[name], said=said)) == 0, said.read_text()
    assert differences(outcome(folder), expected) == []
    remove_leftovers(folder)
    shutil.rmtree(folder)
