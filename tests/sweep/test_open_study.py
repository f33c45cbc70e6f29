"""What else opens a study."""

import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from epochwise.sweep.trials import open_study


@pytest.mark.ranks
def test_the_dashboard_shows_a_study_by_its_storage(tmp_path):
    pytest.importorskip("optuna_dashboard")
    storage = f"sqlite:///{tmp_path}/study.db"
    study = open_study(storage, "digits-mlp", "min")
    study.tell(study.ask(), 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "from optuna_dashboard._cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, storage, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as server:
        try:
            listed = json.loads(_page(f"http://127.0.0.1:{port}/api/studies", server))
            assert [one["study_name"] for one in listed["study_summaries"]] == ["digits-mlp"]
            assert b"Optuna Dashboard" in _page(f"http://127.0.0.1:{port}/dashboard", server)
        finally:
            server.terminate()


def _page(address: str, server: subprocess.Popen) -> bytes:
    until = time.monotonic() + 600
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=600) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(server.stderr.read().decode() if server.poll() else "no answer in ten minutes")
