"""Runs that are asked to end while no step is under way."""

import json
import os
import signal

import pytest
from lightning.pytorch.trainer.connectors.signal_connector import _SignalConnector

from epochwise.commands import train as command
from epochwise.commands.train import train
from epochwise.run.end_signals import SIGNALS
from epochwise.run.epoch_log import EpochLog
from epochwise.run.interrupts import Interrupted

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "~loggers.tensorboard")
FEW = (*QUICK, "trainer.max_epochs=1", "trainer.limit_train_batches=2", "trainer.num_sanity_val_steps=2", "name=test")
#: Before Lightning listens, when it has just begun to, and when it has ceased to.
PLACES = [(EpochLog, "on_fit_start"), (_SignalConnector, "register_signal_handlers"), (EpochLog, "teardown")]


@pytest.mark.long
@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize(("owner", "name"), PLACES)
def test_a_signal_is_heard_wherever_it_comes(tmp_path, composed, monkeypatch, owner, name, signum):
    before, told, hook = [signal.getsignal(each) for each in SIGNALS], [], getattr(owner, name)

    def asked_to_end(self, *args, **kwargs):
        hook(self, *args, **kwargs)
        if not told:
            told.append(os.kill(os.getpid(), signum))

    monkeypatch.setattr(owner, name, asked_to_end)
    with pytest.raises(Interrupted) as ended:
        train(composed(*FEW, run_folder=tmp_path / "run"))
    assert ended.value.code == 128 + signum
    assert json.loads((tmp_path / "run/result.json").read_text())["status"] == "interrupted"
    assert [signal.getsignal(each) for each in SIGNALS] == before
    monkeypatch.undo()
    train(composed(*FEW, "resume=auto", run_folder=tmp_path / "run"))
    assert json.loads((tmp_path / "run/result.json").read_text())["epochs_run"] == 1


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        ("DataLoader worker (pid 7) is killed by signal: Terminated. ", Interrupted),
        ("a fault of its own", RuntimeError),
    ],
)
def test_workers_that_are_told_with_their_group_end_the_run_as_it_was_asked(
    tmp_path, composed, monkeypatch, error, ends
):
    def told_with_its_workers(self, *args):
        os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError(error)

    monkeypatch.setattr(EpochLog, "on_train_batch_end", told_with_its_workers)
    with pytest.raises(ends):
        train(composed(*FEW, run_folder=tmp_path / "run"))
    status = "interrupted" if ends is Interrupted else "failed"
    assert json.loads((tmp_path / "run/result.json").read_text())["status"] == status


@pytest.mark.parametrize("writer", ["write_result", "tell_loggers"])
def test_a_run_that_is_done_when_the_signal_comes_is_completed(tmp_path, composed, monkeypatch, writer):
    write = getattr(command, writer)

    def asked_to_end(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)
        return write(*args, **kwargs)

    monkeypatch.setattr(command, writer, asked_to_end)
    train(composed(*FEW, run_folder=tmp_path / "run"))
    assert json.loads((tmp_path / "run/result.json").read_text())["status"] == "completed"
