"""Runs that end while a thread writes their checkpoint: at epoch 1 of 4, when ``last.ckpt`` is about to be flushed."""

import errno
import os
import signal
import time
from functools import partial
from threading import current_thread, main_thread

import pytest
import torch

from tests.faults.file_moments import at_moment
from tests.faults.runs import end, start
from tests.outcome import differences, outcome

pytestmark = pytest.mark.long
SETTINGS = ["trainer.max_epochs=4", "trainer.limit_train_batches=2"]
# That of the first epoch is waited for.
MOMENT = "before fsync checkpoints/.last.ckpt.N #2"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, composed):
    """What the run that was left alone came to."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert end(start(composed, folder, *SETTINGS)) == 0, folder.with_suffix(".stderr").read_text()
    return outcome(folder)


def ended(composed, folder, act):
    """Begin a run and do something in the midst of the file; its exit code, what it said and the epoch it kept."""

    def in_the_thread():
        if current_thread() is main_thread():
            os._exit(99)  # nothing is written beside the training
        act()

    prepare = partial(at_moment, folder, MOMENT, in_the_thread, folder.with_suffix(".moments"))
    code = end(start(composed, folder, *SETTINGS, prepare=prepare))
    kept = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["epoch"]
    return code, folder.with_suffix(".stderr").read_text(), kept


def goes_on_to(composed, folder, expected):
    """Whether it goes on and ends as if nothing had been."""
    assert end(start(composed, folder, *SETTINGS)) == 0, folder.with_suffix(".stderr").read_text()
    assert differences(outcome(folder), expected) == []
    assert not [path for path in folder.rglob(".*") if path.is_file()]


def test_one_that_is_killed_has_the_checkpoint_before_and_goes_on_from_it(tmp_path, composed, whole):
    folder = tmp_path / "run"
    code, _, kept = ended(composed, folder, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert (code, kept) == (-signal.SIGKILL, 0)
    goes_on_to(composed, folder, whole)


def test_one_that_is_asked_to_end_ends_with_the_one_that_is_written(tmp_path, composed, whole):
    folder = tmp_path / "run"

    def ask():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)  # training hears of it first

    code, _, kept = ended(composed, folder, ask)
    assert code == 128 + signal.SIGTERM
    assert kept in (1, 2)  # where it was asked behind a step of the next epoch, one of that step comes behind it
    assert '"status": "interrupted"' in (folder / "result.json").read_text()
    goes_on_to(composed, folder, whole)


def test_one_whose_disk_is_full_says_so_in_a_line_and_has_the_checkpoint_before(tmp_path, composed, whole):
    folder = tmp_path / "run"

    def fill():
        raise OSError(errno.ENOSPC, "No space left on device")

    code, said, kept = ended(composed, folder, fill)
    assert (code, kept) == (2, 0)
    assert len(said.splitlines()) == 1
    assert f"no space left for {folder}" in said
    goes_on_to(composed, folder, whole)
