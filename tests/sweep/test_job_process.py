"""Jobs in a process of their own: what becomes of them where it ends, and of what asks the command to end."""

import os
import signal
import time
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from epochwise.sweep.job import JobRecord
from epochwise.sweep.job_process import Ended, JobProcess
from epochwise.sweep.passed_on import PassedOn

from hydra_plugins.epochwise.worker_launcher import WorkerLauncher
from tests.outcome import differences, outcome

CRASH = """
import os, signal
import lightning as L

class Crash(L.Callback):
    def __init__(self, is_due):
        self.is_due = is_due

    def on_train_epoch_end(self, trainer, pl_module):
        if self.is_due and os.environ["HOW"] == "exit":
            os._exit(3)
        if self.is_due and os.environ["HOW"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
"""
WORDS = ["-m", "data=table", "model.hidden_sizes=[4]", "trainer.max_epochs=2", "report=false"]
WORDS += ["~callbacks.model_summary", "~callbacks.confusion_matrix", "~callbacks.progress_bar"]


@pytest.fixture
def crash(tmp_path, monkeypatch):
    """The word that lets the job of seed 1 bring its process down, once it has trained an epoch, in the way set."""
    (tmp_path / "crash.py").write_text(CRASH)
    monkeypatch.syspath_prepend(tmp_path)

    def word(how: str) -> str:
        monkeypatch.setenv("HOW", how)
        return "+callbacks.crash={_target_:crash.Crash,is_due:${seed}}"

    return word


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exit", "its process ended with exit code 3"),
        ("kill", "its process was killed by SIGKILL, as by a system without memory"),
    ],
)
def test_a_job_that_brings_its_process_down_is_named_with_the_reason(typed, tmp_path, crash, how, reason):
    code, out, err = typed("train.py", *WORDS, "hydra.sweep.dir=here", "seed=1", crash(how))
    assert (code, err) == (1, f"job 0 failed: {reason}\n")
    assert f"job 0 (): {reason}" in out
    record = JobRecord.read(tmp_path / "here/0")
    assert (record.status, record.reason) == ("failed", reason)


@pytest.mark.long
def test_the_jobs_behind_one_that_crashed_are_done_and_the_same_command_goes_on_with_it(typed, tmp_path, crash):
    words = [*WORDS, "seed=0,1", "resume=true", "model.dropout=0.3"]
    assert typed("train.py", *words, crash("never"), "hydra.sweep.dir=whole")[0] == 0
    words = [*words[:-3], "seed=1,0", *words[-2:], "hydra.sweep.dir=here"]
    assert typed("train.py", *words, crash("kill"))[0] == 1
    assert [JobRecord.read(tmp_path / f"here/{job}").status for job in (0, 1)] == ["failed", "finished"]
    code, out, err = typed("train.py", *words, crash("never"))
    assert (code, err, out.count("is finished already")) == (0, "", 1)
    for seed, job in {0: 1, 1: 0}.items():
        assert differences(outcome(tmp_path / f"here/{job}"), outcome(tmp_path / f"whole/{seed}")) == []


@pytest.mark.long
def test_a_job_in_a_python_of_its_own_gives_the_same_to_the_bit(typed, tmp_path):
    folders = {}
    for name, word in {"one": "hydra/launcher=basic", "two": "isolate=false", "three": "isolate=true"}.items():
        words = [*WORDS, "seed=0,1", "model.dropout=0.3", word, f"hydra.sweep.dir={name}"]
        code, _, err = typed("train.py", *words)
        assert (code, err) == (0, "")
        folders[name] = [outcome(tmp_path / name / str(job)) for job in (0, 1)]
    assert differences(folders["two"], folders["one"]) == []
    assert differences(folders["three"], folders["one"]) == []


@pytest.mark.long
def test_each_job_has_its_report_once_the_command_is_over(typed, tmp_path):
    words = [word for word in WORDS if word != "report=false"]
    code, out, err = typed("train.py", *words, "seed=0,1", "hydra.sweep.dir=here", "resume=true")
    assert (code, err) == (0, "")
    pages = [tmp_path / f"here/{job}/report.html" for job in (0, 1)]
    assert all(page.exists() and page.with_name("curves.png").exists() for page in pages)
    assert [f"report  here/{job}/report.html" in out for job in (0, 1)] == [True, True]
    pages[0].unlink()  # as of a command that was killed before it had drawn it
    drawn = pages[1].stat().st_mtime_ns
    assert typed("train.py", *words, "seed=0,1", "hydra.sweep.dir=here", "resume=true")[0] == 0
    assert pages[0].exists()
    assert pages[1].stat().st_mtime_ns == drawn


@pytest.mark.parametrize(
    ("code", "asked", "expected"),
    [(143, False, True), (130, False, True), (2, True, True), (3, False, False), (-9, False, False)],
)
def test_an_end_that_was_asked_for_is_told_from_one_that_came_upon_a_job(code, asked, expected):
    assert Ended(code, asked).is_asked is expected


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_what_asks_the_command_to_end_is_handed_on_and_then_heard_as_before(signum):
    heard = []
    before = signal.signal(signum, lambda number, frame: heard.append(number))
    try:
        begun, begins = os.pipe()
        child = os.fork()
        if not child:
            signal.signal(signum, lambda number, frame: os._exit(7))
            os.write(begins, b"1")
            time.sleep(60)
            os._exit(0)
        os.read(begun, 1)
        process = JobProcess(child, None)
        passed_on = PassedOn(lambda: process)
        with passed_on.heard():
            os.kill(os.getpid(), signum)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            assert heard == []
            with pytest.raises(SystemExit) as end:
                passed_on.end_if_asked()
        assert (heard, end.value.code) == ([signum], 128 + signum)
        assert callable(signal.getsignal(signum))
    finally:
        signal.signal(signum, before)


PIDS = """
import os
import lightning as L

class Pids(L.Callback):
    def on_fit_start(self, trainer, pl_module):
        with open(os.environ["PIDS"], "a") as file:
            file.write(f"{os.getpid()}\\n")
"""


@pytest.mark.long
def test_all_that_a_command_launches_runs_in_one_process_beside_its_own(typed, tmp_path, monkeypatch):
    (tmp_path / "pids.py").write_text(PIDS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PIDS", str(tmp_path / "pids.txt"))
    words = [*WORDS[1:], "folds=2", "refit=true", "+callbacks.pids={_target_:pids.Pids}"]
    code, _, err = typed("crossval.py", *words)
    assert (code, err) == (0, "")
    pids = (tmp_path / "pids.txt").read_text().split()
    assert len(pids) == 3
    assert len(set(pids)) == 1
    assert str(os.getpid()) not in pids


@pytest.mark.parametrize("is_gone", [False, True])
def test_the_last_report_is_drawn_by_the_process_of_jobs_or_here_where_that_is_gone(tmp_path, monkeypatch, is_gone):
    drawn, sent = [], []
    monkeypatch.setattr("epochwise.sweep.job.draw_report", drawn.append)
    launcher = WorkerLauncher()
    launcher.is_kept = True
    launcher.undrawn = OmegaConf.create({"hydra": {"sweep": {"dir": str(tmp_path), "subdir": "3"}}})
    launcher.process = SimpleNamespace(send=sent.append, has_drawn=lambda: not is_gone, close=lambda: 0)
    launcher._draw(is_last=True)
    assert (drawn, sent) == ([], [tmp_path / "3"])
    launcher._end()
    assert drawn == ([tmp_path / "3"] if is_gone else [])
    assert launcher.process is None
