"""Real processes that are killed, or asked to end, from their first import on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.runs import BASE, end, start
from tests.outcome import differences, outcome

pytestmark = pytest.mark.faults
PROJECT = Path(__file__).parents[2]
NUM_MOMENTS = int(os.environ.get("NUM_IMPORT_MOMENTS", "4"))  # of each signal
SIGNALS = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
SHORT = ["trainer.max_epochs=2", "trainer.limit_train_batches=2"]
PROGRAM = """
import os, runpy, signal, sys
which, signum, counts = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
number = 0
def imported(event, args):
    global number
    if event == "import":
        number += 1
        if number == which:
            os.kill(os.getpid(), signum)
sys.addaudithook(imported)
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this
sys.argv = sys.argv[4:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    if counts:
        open(counts, "w").write(str(number))
"""


def train(folder, which=0, signum=0, counts=""):
    """Train in a process of its own that is sent a signal at an import: its exit code and what it said of errors."""
    words = [*BASE, "model.hidden_sizes=[16]", *SHORT, "report=false", "resume=auto", f"hydra.run.dir={folder}"]
    command = [sys.executable, "-c", PROGRAM, str(which), str(int(signum)), str(counts), PROJECT / "train.py", *words]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # as in this process: sums of two threads round otherwise
    done = subprocess.run(
        command, cwd=folder.parent, capture_output=True, text=True, check=False, timeout=600, env=one_thread
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the run came to that was left alone, and how much it imports."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    code, said = train(folder, counts=folder.with_suffix(".imports"))
    assert code == 0, said
    return outcome(folder), int(folder.with_suffix(".imports").read_text())


@pytest.mark.parametrize("place", range(NUM_MOMENTS))
@pytest.mark.parametrize("signum", SIGNALS)
def test_a_process_ended_while_it_imports_leaves_nothing_half_made(tmp_path, composed, whole, signum, place):
    expected, num_imports = whole
    which = 1 + (num_imports - 1) * (place * len(SIGNALS) + SIGNALS.index(signum)) // (NUM_MOMENTS * len(SIGNALS))
    folder = tmp_path / "run"
    code, said = train(folder, which, signum)
    assert code in (-signum, 128 + signum), said  # the system's answer before any handler stands, and ours
    assert code == -signum or said == "interrupted\n"
    if (folder / "config.yaml").exists() and signum != signal.SIGKILL:
        assert '"status": "interrupted"' in (folder / "result.json").read_text()
    elif signum != signal.SIGKILL:
        assert not folder.exists()
    assert end(start(composed, folder, *SHORT)) == 0, folder.with_suffix(".stderr").read_text()
    assert differences(outcome(folder), expected) == []
