import os
import signal
from contextlib import suppress
from types import SimpleNamespace

import pytest
from torch.utils.data import DataLoader, Dataset

from epochwise.run.end_signals import SIGNALS, TOGETHER, interruptible
from epochwise.run.interrupts import Interrupted, Interrupts


class Saved:
    """A checkpoint callback that counts how often it was asked."""

    count = 0

    def save(self, trainer):
        self.count += 1


@pytest.fixture(autouse=True)
def listeners():
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    yield
    for signum, listens in before.items():
        signal.signal(signum, listens)


@pytest.fixture
def trainer():
    """What Interrupts asks of a trainer."""
    strategy = SimpleNamespace(reduce_boolean_decision=lambda asked, **_: asked)
    return SimpleNamespace(global_step=4, global_rank=0, strategy=strategy, checkpoint_callbacks=[Saved()])


def start(trainer, signum=None):
    callback = Interrupts()
    callback.on_train_start(trainer, None)
    if signum:
        os.kill(os.getpid(), signum)
    return callback


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_the_run_once_the_step_is_taken_and_saved(trainer, signum):
    callback = start(trainer, signum)
    trainer.global_step = 5
    with pytest.raises(Interrupted) as caught:
        callback.on_train_batch_start(trainer, None, None, 3)
    assert caught.value.code == 128 + signum
    assert str(caught.value) == signum.name
    assert trainer.checkpoint_callbacks[0].count == 1


def test_without_a_signal_the_run_goes_on(trainer):
    callback = start(trainer)
    trainer.global_step = 5
    callback.on_train_batch_start(trainer, None, None, 3)
    callback.on_train_end(trainer, None)


def test_a_step_that_is_still_accumulated_is_finished_first(trainer):
    callback = start(trainer, signal.SIGTERM)
    callback.on_train_batch_start(trainer, None, None, 3)
    assert trainer.checkpoint_callbacks[0].count == 0


def test_at_the_start_of_an_epoch_nothing_is_saved_again(trainer):
    callback = start(trainer, signal.SIGTERM)
    with pytest.raises(Interrupted):
        callback.on_train_batch_start(trainer, None, None, 0)
    assert trainer.checkpoint_callbacks[0].count == 0


def test_only_the_first_process_ends_with_an_error(trainer):
    trainer.global_rank = 1
    callback = start(trainer, signal.SIGUSR1)
    with pytest.raises(Interrupted) as caught:
        callback.on_train_end(trainer, None)
    assert caught.value.code == 0


def test_a_process_that_heard_nothing_ends_with_the_others(trainer):
    trainer.strategy.reduce_boolean_decision = lambda asked, **_: True
    with pytest.raises(Interrupted, match="SIGTERM"):
        start(trainer).on_test_batch_start(trainer, None)


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_second_request_ends_the_process_at_once(trainer, signum):
    child = os.fork()
    if not child:
        callback = start(trainer, signal.SIGTERM)
        callback.requests.latest -= TOGETHER  # some seconds ago
        os.kill(os.getpid(), signum)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signum


def test_a_process_that_is_told_directly_and_with_its_group_was_asked_once(trainer):
    # As `timeout` does; idle, both signals arrive as one, on a busy machine one after the other.
    callback = start(trainer, signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted, match="SIGTERM"):
        callback.on_train_end(trainer, None)


def test_a_process_that_has_it_from_another_takes_its_own_first_signal_for_no_second_request(trainer):
    callback = start(trainer)
    trainer.strategy.reduce_boolean_decision = lambda asked, **_: True  # another process was told a moment earlier

    def save(trainer):
        os.kill(os.getpid(), signal.SIGTERM)

    trainer.checkpoint_callbacks = [SimpleNamespace(save=save)]
    child = os.fork()
    if child == 0:
        trainer.global_step += 1
        with suppress(Interrupted):
            callback.on_train_batch_start(trainer, None, None, 3)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_a_library_swallowed_as_it_was_imported_is_not_forgotten(trainer):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def imports_and_trains():
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        Interrupts().on_train_start(trainer, None)

    with pytest.raises(SystemExit) as ended, interruptible(first_process=True):
        imports_and_trains()
    assert ended.value.code == 128 + signal.SIGTERM


@pytest.mark.parametrize("hook", ["on_sanity_check_start", "on_train_start"])
def test_what_came_before_training_ends_it_before_the_first_step(trainer, hook):
    callback = Interrupts()
    callback.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted, match="SIGTERM"):
        getattr(callback, hook)(trainer, None)


class Fetching(Dataset):
    """As where a worker goes while its batch is taken over: what a connection raises stands behind torch's loader."""

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 4

    def __getitem__(self, index):
        raise self.error


@pytest.mark.parametrize(
    ("error", "explained"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (EOFError(), True),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated."), True),
        (ValueError("a fault of the data's own"), False),
        (RuntimeError("CUDA out of memory"), False),
    ],
)
def test_what_breaks_since_workers_went_with_their_group_is_the_request_to_end(error, explained):
    interrupts = Interrupts()
    with pytest.raises(type(error)) as told:
        next(iter(DataLoader(Fetching(error))))
    assert not interrupts.explains(told.value)
    interrupts.asked = signal.SIGTERM
    assert interrupts.explains(told.value) is explained


def test_a_disk_that_fails_after_a_request_to_end_is_told_as_what_it_is():
    interrupts = Interrupts()
    interrupts.asked = signal.SIGTERM
    with pytest.raises(OSError, match="No space") as told:
        raise OSError(28, "No space left on device")
    assert not interrupts.explains(told.value)
