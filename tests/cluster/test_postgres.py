"""A search by several processes that share a study in a real PostgreSQL, with kills and a restart of the server."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest
from sqlalchemy.pool import NullPool

PROJECT = Path(__file__).parents[2]
SCRIPT = ["sh", str(PROJECT / "tests/cluster/postgres.sh")]
N_TRIALS = 16
WORDS = [f"n_trials={N_TRIALS}", "name=shared", "space=none", "optimizer.lr=interval(1e-3,1e-1)", "search=random"]
WORDS += ["data=table", "model.hidden_sizes=[8]", "trainer.max_epochs=12", "stopping=none"]
WORDS += ["~loggers.tensorboard", "~callbacks.model_summary", "~callbacks.progress_bar"]
TIMEOUT = 900.0


def missing() -> str:
    """Why there can be no PostgreSQL here; empty where there can."""
    if os.geteuid() != 0:
        return "to start PostgreSQL by its own account needs root"
    if not (shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        return "PostgreSQL is not installed (Debian: postgresql)"
    if "postgres" not in {account.pw_name for account in pwd.getpwall()}:
        return "there is no account 'postgres' here"
    return "" if find_spec("psycopg") else "psycopg is not installed (pip install 'psycopg[binary]')"


why_not = missing()
pytestmark = [pytest.mark.cluster, pytest.mark.skipif(bool(why_not), reason=why_not)]


@pytest.fixture
def server():
    """A server's folder, which its account has to reach, and the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="epochwise-postgres-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    subprocess.run([*SCRIPT, "start", str(folder), str(port)], check=True, timeout=300)
    yield folder, f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    subprocess.run([*SCRIPT, "stop", str(folder)], check=True, timeout=300)
    shutil.rmtree(folder)


def begin(folder: Path, storage: str) -> subprocess.Popen[str]:
    """The search of one machine, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    with (folder / "said.txt").open("a") as said:
        return subprocess.Popen(
            [sys.executable, PROJECT / "search.py", *WORDS, f"storage={storage}"],
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )


def trials_of(storage: str) -> list[optuna.trial.FrozenTrial]:
    """All trials of the study, with no connection left open."""
    opened = optuna.storages.RDBStorage(storage, engine_kwargs={"poolclass": NullPool})
    return optuna.load_study(storage=opened, study_name="shared").trials


def wait_for(condition, what: str) -> None:
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def test_no_trial_is_lost_or_doubled_but_those_of_killed_processes_which_are_drawn_again(server, tmp_path):
    database, storage = server
    folders = [tmp_path / f"worker-{number}" for number in range(4)]
    workers = [begin(folder, storage) for folder in folders]
    try:
        for folder in folders:
            wait_for(lambda folder=folder: list(folder.glob("outputs/*/*/trial-*/epochs.csv")), "no trial has begun")
        for worker in workers[:2]:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        subprocess.run([*SCRIPT, "restart", str(database)], check=True, timeout=300)
        killed = [
            trial
            for trial in trials_of(storage)
            if trial.user_attrs.get("owner", "").endswith(tuple(f":{worker.pid}" for worker in workers[:2]))
        ]
        running = {trial.number: trial.params for trial in killed if trial.state.name == "RUNNING"}
        workers[:2] = [begin(folder, storage) for folder in folders[:2]]
        for folder, worker in zip(folders, workers, strict=True):
            assert worker.wait(timeout=TIMEOUT) == 0, (folder / "said.txt").read_text()
    finally:
        for worker in workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
    trials = trials_of(storage)
    void = {trial.number: trial for trial in trials if "void" in trial.user_attrs}
    counted = [trial for trial in trials if trial.number not in void]
    given_up = {number for number, trial in void.items() if trial.user_attrs["void"] == "its process was killed"}
    assert given_up == set(running)
    assert len(counted) == N_TRIALS
    assert {trial.state.name for trial in counted} <= {"COMPLETE", "PRUNED"}
    again = {trial.user_attrs["again"]: trial.params for trial in counted if "again" in trial.user_attrs}
    assert again == running
    assert len({tuple(trial.params.items()) for trial in counted}) == N_TRIALS
    results = [path.parent.name for folder in folders for path in folder.glob("outputs/*/*/trial-*/result.json")]
    assert sorted(results) == sorted(f"trial-{trial.number}" for trial in counted)
